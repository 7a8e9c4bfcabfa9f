package drover.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The events of one job. A connection that breaks, or on which nothing comes for too long, not even the server's
 * keep-alive comments, is opened again where it ended. For one thread.
 */
public final class EventStream implements AutoCloseable {
    private static final Duration SILENCE = Duration.ofSeconds(60);
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final int MAX_TRIES = 10;
    private static final int BUFFERED_LINES = 1_024;

    private final DroverClient client;
    private final String job;
    private Optional<Connection> connection = Optional.empty();
    private Optional<String> lastEventId = Optional.empty();
    private boolean ended;

    EventStream(DroverClient client, String job) {
        this.client = client;
        this.job = job;
    }

    /**
     * Waits for the next event; empty after the terminal one.
     *
     * @throws DroverException if the server refuses, or does not come back after several tries
     */
    public Optional<EventView> next() throws DroverException, InterruptedException {
        int tries = 0;
        while (!ended) {
            try {
                if (connection.isEmpty()) {
                    connection = Optional.of(new Connection(client.openEvents(job, lastEventId), job));
                }
                Optional<EventView> event = connection.get().read();
                if (event.isPresent()) {
                    lastEventId = Optional.of(event.get().id());
                    ended = event.get() instanceof EventView.State state
                            && state.job().ended();
                    return event;
                }
                tries++;
                if (tries >= MAX_TRIES) {
                    throw new DroverException.Unexpected("the events of job " + job + " end before the job does");
                }
            } catch (DroverException.Unreachable | DroverException.TryLater e) {
                tries++;
                if (tries >= MAX_TRIES) {
                    throw e;
                }
            }
            disconnect();
            TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis() * tries);
        }
        close();
        return Optional.empty();
    }

    /** The id of the last event. */
    public Optional<String> lastEventId() {
        return lastEventId;
    }

    /** Hangs up. */
    @Override
    public void close() {
        ended = true;
        disconnect();
    }

    private void disconnect() {
        connection.ifPresent(Connection::close);
        connection = Optional.empty();
    }

    /** One connection. Its own thread reads it, because reading cannot be given a time limit. */
    private static final class Connection implements AutoCloseable {
        private static final String END = "\0end";

        private final InputStream body;
        private final BlockingQueue<String> lines = new LinkedBlockingQueue<>(BUFFERED_LINES);
        private final Thread reader;

        Connection(InputStream body, String job) {
            this.body = body;
            this.reader = Thread.ofVirtual().name("drover-events-" + job).start(this::pump);
        }

        private void pump() {
            try {
                try (BufferedReader in = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
                    for (String line = in.readLine(); line != null; line = in.readLine()) {
                        lines.put(line);
                    }
                } catch (IOException e) {
                    // A broken connection is an end like any other: the stream is opened again.
                    lines.put(END);
                    return;
                }
                lines.put(END);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        /** The next event; empty if the connection has ended or is silent. */
        Optional<EventView> read() throws DroverException, InterruptedException {
            String id = "";
            String name = "message";
            StringBuilder data = new StringBuilder();
            for (String line = poll(); !line.equals(END); line = poll()) {
                if (line.isEmpty() && data.length() > 0) {
                    Optional<EventView> event = event(id, name, data.toString());
                    if (event.isPresent()) {
                        return event;
                    }
                    data.setLength(0);
                } else if (line.startsWith("id:")) {
                    id = value(line);
                } else if (line.startsWith("event:")) {
                    name = value(line);
                } else if (line.startsWith("data:")) {
                    data.append(value(line)).append('\n');
                }
            }
            return Optional.empty();
        }

        private String poll() throws InterruptedException {
            String line = lines.poll(SILENCE.toSeconds(), TimeUnit.SECONDS);
            return line == null ? END : line;
        }

        private static String value(String line) {
            return line.substring(line.indexOf(':') + 1).strip();
        }

        /** Events of a kind that this client does not know are passed over. */
        private static Optional<EventView> event(String id, String name, String data) throws DroverException {
            try {
                return switch (name) {
                    case "state" ->
                        Optional.of(new EventView.State(id, DroverJson.mapper().readValue(data, JobView.class)));
                    case "progress" ->
                        Optional.of(
                                new EventView.Progress(id, DroverJson.mapper().readValue(data, ProgressView.class)));
                    default -> Optional.empty();
                };
            } catch (JsonProcessingException e) {
                throw new DroverException.Unexpected("an event of kind " + name + " cannot be read", e);
            }
        }

        @Override
        public void close() {
            reader.interrupt();
            try {
                body.close();
            } catch (IOException e) {
                // It is being given up; there is nothing else to free.
                lines.clear();
            }
        }
    }
}
