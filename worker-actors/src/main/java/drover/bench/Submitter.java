package drover.bench;

import drover.client.DroverJson;
import drover.client.JobRequest;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/**
 * Submits one and the same job over and over, on one connection and on the thread that calls. A real client's own work
 * and its threads would be measured with the server's, and take the cores from it.
 */
final class Submitter implements AutoCloseable {
    private static final String LENGTH = "content-length:";
    private static final String LOCATION = "location:";

    private final Socket socket;
    private final InputStream in;
    private final byte[] request;

    Submitter(URI server, JobRequest job) throws IOException {
        byte[] body = DroverJson.mapper().writeValueAsBytes(job);
        byte[] head = ("POST /v1/jobs HTTP/1.1\r\nHost: " + server.getAuthority()
                        + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(head);
        all.write(body);
        this.request = all.toByteArray();
        this.socket = new Socket(server.getHost(), server.getPort());
        socket.setTcpNoDelay(true);
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    /** Submits one, waits for the whole answer, and gives the job's id. */
    String submit() throws IOException {
        socket.getOutputStream().write(request);
        String status = line();
        int length = 0;
        String job = "";
        for (String header = line(); !header.isEmpty(); header = line()) {
            if (header.regionMatches(true, 0, LENGTH, 0, LENGTH.length())) {
                length = Integer.parseInt(header.substring(LENGTH.length()).strip());
            } else if (header.regionMatches(true, 0, LOCATION, 0, LOCATION.length())) {
                job = header.substring(header.lastIndexOf('/') + 1);
            }
        }
        in.skipNBytes(length);
        if (job.isEmpty()) {
            throw new IOException("the server answered " + status);
        }
        return job;
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("the server hung up");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
