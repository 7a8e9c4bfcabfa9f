package drover.http;

import static org.assertj.core.api.Assertions.assertThat;

import drover.client.DroverJson;
import drover.client.Problem;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(120)
class NonsenseTest {
    @TempDir
    private static Path folder;

    private static ApiServer server;
    private static HttpClient http;

    @BeforeAll
    static void start() throws Exception {
        server = ApiServer.open(folder);
        http = HttpClient.newHttpClient();
    }

    @AfterAll
    static void stop() throws Exception {
        http.shutdownNow();
        server.close();
    }

    private static HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(server.uri.resolve(path));
    }

    private static Problem problem(HttpRequest request) throws Exception {
        HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
        assertThat(response.headers().firstValue("content-type").orElse(""))
                .as(response.body())
                .startsWith("application/problem+json");
        Problem problem = DroverJson.mapper().readValue(response.body(), Problem.class);
        assertThat(problem.status()).isEqualTo(response.statusCode());
        assertThat(problem.detail()).isNotBlank();
        assertThat(problem.code()).startsWith("drover:");
        return problem;
    }

    private static HttpRequest post(byte[] body, String type) {
        return to("/v1/jobs")
                .header("Content-Type", type)
                .POST(BodyPublishers.ofByteArray(body))
                .build();
    }

    static Stream<Arguments> bodies() {
        return Stream.of(
                Arguments.of("", 400, "drover:body.not-json", ""),
                Arguments.of("{", 400, "drover:body.not-json", ""),
                Arguments.of("null", 400, "drover:body.not-json", ""),
                Arguments.of("[]", 400, "drover:body.not-json", ""),
                Arguments.of("\"prompt\"", 400, "drover:body.not-json", ""),
                Arguments.of("{\"prompt\":\"x\"} {}", 400, "drover:body.not-json", ""),
                Arguments.of("{\"prompt\":\"x\"}]", 400, "drover:body.not-json", ""),
                Arguments.of("{\"prompt\":\"x\",\"prompt\":\"y\"}", 400, "drover:body.not-json", ""),
                Arguments.of("{\"prompt\":\"x\",\"cfg_scale\":NaN}", 400, "drover:body.not-json", ""),
                Arguments.of("{\"prompt\":\"x\",\"cfg_scale\":Infinity}", 400, "drover:body.not-json", ""),
                Arguments.of("{\"prompt\":'x'}", 400, "drover:body.not-json", ""),
                Arguments.of("{\"prompt\":\"x\",\"seed\":007}", 400, "drover:body.not-json", ""),
                Arguments.of("{\"prompt\":\"x\",\"seed\":" + "9".repeat(5000) + "}", 400, "drover:body.not-json", ""),
                Arguments.of("{\"a\":".repeat(50_000), 400, "drover:body.not-json", ""),
                Arguments.of("[".repeat(100_000), 400, "drover:body.not-json", ""),
                Arguments.of("{\"" + "k".repeat(5000) + "\":1}", 400, "drover:body.not-json", ""),
                Arguments.of("{}", 422, "drover:request.invalid", "prompt"),
                Arguments.of("{\"prompt\":null}", 422, "drover:request.invalid", "prompt"),
                Arguments.of("{\"prompt\":7}", 422, "drover:request.invalid", "prompt"),
                Arguments.of("{\"prompt\":[\"x\"]}", 422, "drover:request.invalid", "prompt"),
                Arguments.of("{\"prompt\":\"\\ud800\"}", 422, "drover:request.invalid", "prompt"),
                Arguments.of("{\"prompt\":\"a\\u0000b\"}", 422, "drover:request.invalid", "prompt"),
                Arguments.of("{\"prompt\":\"" + "x".repeat(20_000) + "\"}", 422, "drover:request.invalid", "prompt"),
                field("Width", "8"),
                field("unknown", "1"),
                field("model", "\"no such model\""),
                field("model", "7"),
                field("width", "\"32\""),
                field("width", "32.0"),
                field("width", "33"),
                field("width", "0"),
                field("width", "-8"),
                field("width", "2147483647"),
                field("width", "99999999999999999999"),
                field("width", "1e9"),
                field("height", "8000000"),
                field("steps", "0"),
                field("steps", "501"),
                field("steps", "true"),
                field("sampler", "\"best\""),
                field("karras", "\"yes\""),
                field("cfg_scale", "0.5"),
                field("cfg_scale", "1e999"),
                field("cfg_scale", "1e99999999"),
                field("cfg_scale", "-1e-999"),
                field("cfg_scale", "\"7\""),
                field("seed", "-1"),
                field("seed", "4294967296"),
                field("clip_skip", "0"),
                field("clip_skip", "13"),
                field("count", "0"),
                field("count", "1000000"),
                field("priority", "\"now\""),
                field("deadline_seconds", "0"),
                field("deadline_seconds", "1000000000"),
                field("fault", "{\"kind\":\"throw\",\"phase\":\"denoising\"}"),
                field("fault", "3"));
    }

    private static Arguments field(String name, String value) {
        return Arguments.of("{\"prompt\":\"x\",\"" + name + "\":" + value + "}", 422, "drover:request.invalid", name);
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void bodiesAreRefused(String body, int status, String code, String field) throws Exception {
        Problem problem = problem(post(body.getBytes(StandardCharsets.UTF_8), "application/json"));
        assertThat(problem.status()).isEqualTo(status);
        assertThat(problem.code()).isEqualTo(code);
        assertThat(problem.field().orElse("")).isEqualTo(field);
        assertThat(problem.instance()).contains("/v1/jobs");
    }

    @Test
    void everyFieldAtFaultIsNamed() throws Exception {
        Problem problem = problem(post(
                "{\"prompt\":\"x\",\"width\":7,\"steps\":0,\"sampler\":\"?\",\"seed\":-1}"
                        .getBytes(StandardCharsets.UTF_8),
                "application/json"));
        assertThat(problem.errors())
                .extracting(Problem.FieldError::field)
                .contains("width", "steps", "sampler", "seed");
    }

    @Test
    void bytesThatAreNotUtf8AreRefused() throws Exception {
        byte[] latin = "{\"prompt\":\"caf\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1);
        assertThat(problem(post(latin, "application/json")).code()).isEqualTo("drover:body.not-utf8");
        byte[] wide = "{\"prompt\":\"x\"}".getBytes(StandardCharsets.UTF_16);
        assertThat(problem(post(wide, "application/json")).status()).isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({"text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded"})
    void otherTypesAreRefused(String type) throws Exception {
        Problem problem = problem(post("{\"prompt\":\"x\"}".getBytes(StandardCharsets.UTF_8), type));
        assertThat(problem.code()).isEqualTo("drover:body.media-type");
    }

    @Test
    void aBodyOverTheLimitIsRefused() throws Exception {
        byte[] big = new byte[(int) HttpSettings.DEFAULT_MAX_BODY + 1];
        assertThat(raw("POST /v1/jobs HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
                        + "Content-Length: " + big.length + "\r\n\r\n"))
                .contains(" 413 ")
                .contains("drover:body.too-large");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /, 404, drover:route.not-found",
        "GET, /v1, 404, drover:route.not-found",
        "GET, /v1/nothing, 404, drover:route.not-found",
        "GET, /v1/jobs/unknown, 404, drover:job.not-found",
        "GET, /v1/jobs/unknown/events, 404, drover:job.not-found",
        "GET, /v1/jobs/unknown/assets/0, 404, drover:job.not-found",
        "GET, /v1/jobs/unknown/assets/..%2f..%2fetc, 404, drover:job.not-found",
        "GET, /v1/jobs/..%2f..%2fetc, 400, drover:job.bad-id",
        "GET, /v1/jobs/a%20b, 400, drover:job.bad-id",
        "DELETE, /v1/jobs/unknown, 404, drover:job.not-found",
        "DELETE, /v1/jobs/%00, 400, drover:job.bad-id",
        "PUT, /v1/jobs, 405, drover:route.method",
        "PATCH, /v1/jobs/a, 405, drover:route.method",
        "DELETE, /health, 405, drover:route.method",
        "GET, /v1/jobs?state=done, 400, drover:query.invalid",
        "GET, /v1/jobs?limit=0, 400, drover:query.invalid",
        "GET, /v1/jobs?limit=99999999999, 400, drover:query.invalid",
        "GET, /v1/jobs?limit=5&limit=6, 400, drover:query.invalid",
        "GET, /v1/jobs?offset=5, 400, drover:query.invalid",
        "GET, /v1/jobs?before=%2e%2e, 400, drover:job.bad-id",
    })
    void pathsAndQueriesAreRefused(String method, String path, int status, String code) throws Exception {
        Problem problem =
                problem(to(path).method(method, BodyPublishers.noBody()).build());
        assertThat(problem.status()).isEqualTo(status);
        assertThat(problem.code()).isEqualTo(code);
    }

    @Test
    void headersAreRefused() throws Exception {
        assertThat(problem(to("/v1/jobs").header("Accept", "image/png").build()).status())
                .isEqualTo(406);
        HttpRequest badKey = to("/v1/jobs")
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", "k".repeat(256))
                .POST(BodyPublishers.ofString("{\"prompt\":\"x\"}"))
                .build();
        assertThat(problem(badKey).code()).isEqualTo("drover:idempotency.invalid");
    }

    @ParameterizedTest
    @CsvSource({
        "'GET /v1/jobs/%zz HTTP/1.1|Host: x|Connection: close||', 400",
        "'GET /v1/jobs HTTP/1.1|Connection: close||', 400",
        "'NONSENSE /v1/jobs HTTP/1.1|Host: x|Connection: close||', 400",
        "'GET /v1/jobs HTTP/9.9|Host: x|Connection: close||', 400",
        "'POST /v1/jobs HTTP/1.1|Host: x|Connection: close|Content-Length: -5||', 400",
    })
    void whatIsNotHttpIsRefused(String request, int status) throws Exception {
        assertThat(raw(request.replace("|", "\r\n")))
                .contains(" " + status + " ")
                .contains("application/problem+json")
                .contains("drover:http.malformed");
    }

    @Test
    void addressesAndHeadersOfAbsurdSizeAreRefused() throws Exception {
        assertThat(raw("GET /" + "a".repeat(10_000) + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
                .contains(" 414 ")
                .contains("drover:http.uri-too-long");
        assertThat(raw("GET / HTTP/1.1\r\nHost: x\r\nX-A: " + "a".repeat(100_000) + "\r\n\r\n"))
                .contains(" 431 ")
                .contains("drover:http.headers-too-large");
    }

    private static String raw(String request) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.uri.getPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().flush();
            return ApiServer.answer(socket);
        }
    }
}
