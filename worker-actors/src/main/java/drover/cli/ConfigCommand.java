package drover.cli;

import drover.client.ConfigView;
import drover.client.ConfigView.SettingView;
import drover.client.ManagementClient;
import drover.client.ManagementException;
import java.io.PrintStream;
import java.util.List;
import picocli.CommandLine.Command;

/** {@code drover config}. */
@Command(
        name = "config",
        description = "Show the configuration that a running Drover goes by, and where each value was set.",
        mixinStandardHelpOptions = true)
final class ConfigCommand extends RemoteCommand<ConfigView> {
    ConfigCommand(Cli cli) {
        super(cli);
    }

    @Override
    ConfigView ask(ManagementClient client) throws ManagementException {
        return client.config();
    }

    @Override
    void print(ConfigView view, PrintStream out) {
        TextTable table = new TextTable("KEY", "VALUE", "FROM", "");
        for (SettingView setting : view.settings()) {
            table.add(List.of(
                    setting.key(),
                    setting.value(),
                    setting.origin(),
                    setting.afterRestart()
                            .map(value -> "after a restart: " + value)
                            .orElse("")));
        }
        table.print(out);
    }
}
