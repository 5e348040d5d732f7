"""The two ends of a TCP stream, as a program: `tcp_peer.py serve PORT` or `stream ADDRESS PORT`.

The server sends each caller the caller's address as the server sees it, then echoes. The stream
sends a number every 20 ms and prints the time and number of each echo. Standard library only: it
runs in nodes and namespaces.
"""

import socket
import sys
import threading
import time


def serve(port: int) -> None:
    """Serve for ever."""
    with socket.create_server(("", port)) as server:
        print("serving", flush=True)
        while True:
            connection, (caller, *_) = server.accept()
            print("caller", caller, flush=True)
            threading.Thread(target=answer, args=(connection, caller), daemon=True).start()


def answer(connection: socket.socket, caller: str) -> None:
    try:
        with connection:
            connection.sendall(f"{caller}\n".encode())
            while received := connection.recv(4096):
                connection.sendall(received)
    except OSError:
        pass  # the caller has gone


def stream(address: str, port: int) -> None:
    """Stream until the connection breaks or the program is killed."""
    with socket.create_connection((address, port), timeout=10) as connection:
        connection.settimeout(None)
        threading.Thread(target=send_numbers, args=(connection,), daemon=True).start()
        for line in connection.makefile():
            print(f"{time.time():.3f} {line.strip()}", flush=True)


def send_numbers(connection: socket.socket) -> None:
    number = 0
    while True:
        number += 1
        connection.sendall(f"{number}\n".encode())
        time.sleep(0.02)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        stream(sys.argv[2], int(sys.argv[3]))
