package drover.bench;

import com.fasterxml.jackson.databind.JsonNode;
import drover.client.DroverJson;
import drover.process.JavaCommand;
import drover.source.server.HordeBooks;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A {@code drover horde serve} of this installation, as a process of its own, so that its work is not the worker's. */
final class HordeChild implements AutoCloseable {
    private final Process process;
    private final JsonNode welcome;
    private final HttpClient client = HttpClient.newHttpClient();

    private HordeChild(Process process, JsonNode welcome) {
        this.process = process;
        this.welcome = welcome;
    }

    static HordeChild start(String model) throws IOException {
        Process process = new ProcessBuilder(
                        JavaCommand.drover("horde", "serve", "--json", "--port", "0", "--model", model)
                                .withHeap("512m")
                                .line())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Optional<JsonNode> welcome = Optional.empty();
        try {
            welcome = welcome(process);
        } finally {
            if (welcome.isEmpty()) {
                process.destroyForcibly();
            }
        }
        return new HordeChild(
                process,
                welcome.orElseThrow(() -> new IOException("drover horde serve ended before it said where it is")));
    }

    /** Reads to the line that says where it is; what else it says is of no interest, and little. */
    private static Optional<JsonNode> welcome(Process process) throws IOException {
        BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            if (line.startsWith("{")) {
                return Optional.of(DroverJson.mapper().readTree(line));
            }
        }
        return Optional.empty();
    }

    /** As it stands in a {@code bridgeData.yaml}. */
    String url() {
        return welcome.path("url").asText();
    }

    String workerKey() {
        return welcome.path("worker_key").asText();
    }

    String requesterKey() {
        return welcome.path("requester_key").asText();
    }

    String reference() {
        return welcome.path("reference").asText();
    }

    HordeBooks books() throws IOException, InterruptedException {
        URI address = URI.create(welcome.path("books").asText());
        HttpResponse<byte[]> answer =
                client.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofByteArray());
        return DroverJson.mapper().readValue(answer.body(), HordeBooks.class);
    }

    @Override
    public void close() {
        client.close();
        process.destroy();
        try {
            if (!process.waitFor(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
