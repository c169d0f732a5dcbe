"""Changes of their kinds: what each takes, as a diff, and a program that uses what was added."""
