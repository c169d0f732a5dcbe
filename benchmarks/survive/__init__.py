"""What becomes of a service that is asked for more than it can do: `python -m benchmarks.survive`.

target      a server, and what it is asked
contestants the servers that are held beside each other
cores       where server and generator run, so that neither takes the other's time
connection  one connection of a client
clients     all of them: each request that is due is sent, however many have no reply yet
outcome     what became of a request
arrivals    when requests are due
health      whether it is alive, asked all the while by a process of its own
flood       more and more load, and what is left of the service
recovery    how soon it is itself again
table       the figures as text
chart       the curve as a picture
slow        clients that hold a connection and do not get on
bombs       small bodies that inflate to large ones
stops       requests that are lost when a server is told to stop
hangups     the work that is done for clients that are gone
"""
