package drover.cli;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** Drover's version, as its jar states it. */
final class Version implements IVersionProvider {
    static String text() {
        return Optional.ofNullable(Version.class.getPackage().getImplementationVersion())
                .orElse("development");
    }

    @Override
    public String[] getVersion() {
        return new String[] {"drover " + text(), "Java " + Runtime.version()};
    }
}
