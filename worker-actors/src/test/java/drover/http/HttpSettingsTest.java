package drover.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import drover.inference.ImageRequest;
import drover.inference.Sampler;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpSettingsTest {
    private static HttpSettings listening(String host, Optional<String> token) {
        HttpSettings d = HttpSettings.onLoopback(0);
        return new HttpSettings(
                host, 0, token, List.of(), d.maxBody(), d.limits(), d.answerTimeout(), d.keepAlive(), d.eventBuffer());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "192.0.2.7", "::"})
    void anOpenAddressNeedsAToken(String host) {
        assertThatThrownBy(() -> listening(host, Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("token");
        assertThat(listening(host, Optional.of("a-long-enough-token")).host()).isEqualTo(host);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.8.8.8", "::1", "localhost"})
    void loopbackDoesNot(String host) {
        assertThat(listening(host, Optional.empty()).host()).isEqualTo(host);
    }

    @Test
    void aShortTokenIsNoToken() {
        assertThatThrownBy(() -> listening("127.0.0.1", Optional.of("short")))
                .hasMessageContaining("16 characters")
                .hasMessageNotContaining("but was short ");
    }

    @ParameterizedTest
    @CsvSource({"512, 512, 50, 1, 150", "512, 512, 100, 1, 230", "1024, 1024, 30, 1, 270", "512, 512, 100, 2, 430"})
    void theDefaultDeadlineFollowsTheHordesFormula(int width, int height, int steps, int count, long seconds) {
        ImageRequest request = new ImageRequest(
                "m", "x", "", width, height, steps, Sampler.EULER, 7.5, 42, 1, count, Optional.empty());
        assertThat(Deadlines.byDefault(request, false)).isEqualTo(Duration.ofSeconds(seconds));
        assertThat(Deadlines.byDefault(request, true)).isEqualTo(Duration.ofSeconds(2 * seconds));
    }
}
