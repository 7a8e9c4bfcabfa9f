package drover.source;

import static org.assertj.core.api.Assertions.assertThat;

import drover.horde.BridgeAgent;
import drover.source.AgentCapabilities.Standing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The name and the version decide, and the operator is told so. */
final class AgentCapabilitiesTest {
    private static AgentCapabilities of(String agent) {
        return AgentCapabilities.of(BridgeAgent.parse(agent));
    }

    @ParameterizedTest
    @CsvSource({
        "AI Horde Worker reGen:13.0.0:x, CURRENT, 1.0",
        "AI Horde Worker reGen:14:x, CURRENT, 1.0",
        "AI Horde Worker reGen:12.9.9:x, OUTDATED, 0.9",
        "AI Horde Worker reGen:abc:x, OUTDATED, 0.9",
        "AI Horde Worker:24.0.0:x, OTHER, 0.75",
        "ai horde worker regen:13.0.0:x, UNKNOWN, 0.75",
        "Drover:0.1.0:x, UNKNOWN, 0.75"
    })
    void theStandingAndItsPrice(String agent, Standing standing, double factor) {
        assertThat(of(agent).standing()).isEqualTo(standing);
        assertThat(of(agent).standing().kudosFactor()).isEqualTo(factor);
    }

    @Test
    void eachVersionAddsToTheOneBefore() {
        assertThat(of("AI Horde Worker reGen:1.0.0:x").granted())
                .contains("r2", "img2img", "controlnet")
                .doesNotContain("lora");
        assertThat(of("AI Horde Worker reGen:4:x").granted())
                .contains("r2", "lora", "lcm")
                .doesNotContain("flux");
        assertThat(of("AI Horde Worker reGen:99999999999999999999:x").granted()).contains("flux", "RestoreFormer");
        assertThat(of("AI Horde Worker reGen:0.9:x").granted()).isEmpty();
        assertThat(of("AI Horde Worker reGen:abc:x").granted()).isEmpty();
    }

    @Test
    void anUnknownNameCanNothingAndIsToldSo() {
        AgentCapabilities drover = of("Drover:0.1.0:x");

        assertThat(drover.can("r2")).isFalse();
        assertThat(drover.sentence()).contains("Drover", "no uploads (r2)", "0.75 of the kudos", "bridge-agent");
    }

    @Test
    void whatALaterVersionWouldAddIsNamed() {
        assertThat(of("AI Horde Worker reGen:8:x").sentence())
                .contains("flux", "0.9")
                .doesNotContain("lora");
        assertThat(of("AI Horde Worker reGen:abc:x").sentence()).contains("cannot read the version");
        assertThat(of("AI Horde Worker reGen:13:x").sentence()).contains("everything");
    }
}
