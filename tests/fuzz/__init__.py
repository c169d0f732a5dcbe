"""The parsers of binary bodies and verifications, fed with what a fuzzer makes up: `python -m tests.fuzz`.

targets     what is fed to which parser, and what must hold of everything that is accepted
tokens      how inputs are made of others, besides by bytes
feed        a process that feeds one of them, guided by what it covers
"""
