package drover.cli;

import drover.client.ConfigView;
import drover.client.ConfigView.SettingView;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code drover config}. */
@Command(
        name = "config",
        description = "Show the configuration that a running Drover goes by, and where each value was set.",
        mixinStandardHelpOptions = true)
final class ConfigCommand implements Callable<Integer> {
    private final Cli cli;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    ConfigCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        common.applyVerbosity();
        ConfigView view = Remote.ask(cli, common, client -> client.config());
        if (json) {
            Remote.printJson(cli, view);
            return Cli.DONE;
        }
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
        table.print(cli.out());
        return Cli.DONE;
    }
}
