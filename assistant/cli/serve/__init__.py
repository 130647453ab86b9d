"""The app in a browser on this machine: `coder --serve`.

textual-serve runs the app as a process of its own and carries what it draws and is told over a websocket.
What may reach it is decided here, for every request.
"""
