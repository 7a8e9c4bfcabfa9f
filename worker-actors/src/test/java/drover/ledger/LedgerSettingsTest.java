package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LedgerSettingsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://db/drover?user=me&password=hunter2",
                "jdbc:postgresql://me:hunter2@db/drover",
                "jdbc:h2:file:/data/ledger;PASSWORD=hunter2",
                "jdbc:mysql://db/drover"
            })
    void anAddressWithAPasswordOrOfAnUnknownKindIsRefusedAndNotRepeated(String url) {
        assertThat(LedgerSettings.isUsable(url)).isFalse();
        assertThatThrownBy(() -> LedgerSettings.at(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContainingAny("hunter2", "mysql");
    }

    @Test
    void whatIsPrintedHoldsNeitherPasswordNorParameters() {
        LedgerSettings settings = LedgerSettings.at("jdbc:postgresql://db/drover?sslpassword=hunter2");

        assertThat(settings).hasToString("LedgerSettings[jdbc:postgresql://db/drover]");
    }
}
