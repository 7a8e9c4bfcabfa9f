package drover.horde;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.util.ByteString;

/** A server on loopback that answers byte by byte as told, however wrong that is, and keeps what it was sent. */
final class MisbehavingServer implements AutoCloseable {
    private final ServerSocket listener;
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final List<Answer> answers = new CopyOnWriteArrayList<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger hangUps = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();

    /**
     * What came in.
     *
     * @param target as it stood in the first line
     * @param head letter by letter, with all headers
     * @param headers by their names in lower case
     */
    record Request(String method, String target, String head, Map<String, String> headers, ByteString body) {
        byte[] bytes() {
            return body.toArray();
        }

        String text() {
            return body.utf8String();
        }
    }

    /** What goes out. When it returns the connection goes on; when it throws it ends. */
    interface Answer {
        void to(Request request, Socket socket) throws IOException;
    }

    MisbehavingServer() throws IOException {
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    String url() {
        return "http://127.0.0.1:" + port();
    }

    /** In this order; the last one again and again. */
    void answers(Answer... next) {
        answers.clear();
        answers.addAll(List.of(next));
    }

    List<Request> requests() {
        return requests;
    }

    /** How often a client hung up on an answer that did not come, or did not end. */
    int hangUps() {
        return hangUps.get();
    }

    int connections() {
        return connections.get();
    }

    static Answer json(int status, String body, String... headers) {
        return bytes(status, "application/json; charset=utf-8", body.getBytes(StandardCharsets.UTF_8), headers);
    }

    static Answer bytes(int status, String type, byte[] body, String... headers) {
        return (request, socket) -> {
            StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " Whatever\r\nContent-Type: " + type
                    + "\r\nContent-Length: " + body.length + "\r\n");
            for (int i = 0; i < headers.length; i += 2) {
                head.append(headers[i]).append(": ").append(headers[i + 1]).append("\r\n");
            }
            write(socket, head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
            write(socket, body);
        };
    }

    /** These letters, and then the connection ends. */
    static Answer raw(String text) {
        return (request, socket) -> {
            write(socket, text.getBytes(StandardCharsets.UTF_8));
            throw new SocketException("done");
        };
    }

    /** The request is read, with its body, and then the connection is reset. */
    static Answer reset() {
        return (request, socket) -> {
            socket.setSoLinger(true, 0);
            throw new SocketException("reset");
        };
    }

    /** These letters, and then nothing, until the client hangs up. */
    Answer hang(String start) {
        return (request, socket) -> {
            write(socket, start.getBytes(StandardCharsets.UTF_8));
            int more;
            try {
                more = socket.getInputStream().read();
            } catch (SocketException e) {
                // Reset by the client: a hang-up like any other.
                more = -1;
            }
            if (more < 0) {
                hangUps.incrementAndGet();
            }
            throw new SocketException("hung up");
        };
    }

    /** These letters, and then the same again and again, until the client hangs up. */
    Answer endless(String start, String again) {
        return (request, socket) -> {
            write(socket, start.getBytes(StandardCharsets.UTF_8));
            byte[] more = again.repeat(1_000).getBytes(StandardCharsets.UTF_8);
            try {
                while (true) {
                    write(socket, more);
                }
            } catch (SocketException e) {
                hangUps.incrementAndGet();
                throw e;
            }
        };
    }

    private static void write(Socket socket, byte[] bytes) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(bytes);
        out.flush();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                open.add(socket);
                connections.incrementAndGet();
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException e) {
            // The listener was closed: the end.
            open.removeIf(Socket::isClosed);
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = socket.getInputStream();
            while (true) {
                Request request = read(in);
                requests.add(request);
                Answer answer = answers.size() > 1 ? answers.removeFirst() : answers.getFirst();
                answer.to(request, socket);
            }
        } catch (IOException e) {
            // The connection ends, as the answer or the client wants it.
            open.remove(socket);
        }
    }

    private static Request read(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                throw new SocketException("no more requests");
            }
            head.write(next);
        }
        String text = head.toString(StandardCharsets.ISO_8859_1);
        List<String> lines = text.lines().toList();
        Map<String, String> headers = new HashMap<>();
        for (String line : lines.subList(1, lines.size())) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                headers.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
        }
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        List<String> first = List.of(lines.getFirst().split(" "));
        return new Request(first.get(0), first.get(1), text, headers, ByteString.fromArray(in.readNBytes(length)));
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
