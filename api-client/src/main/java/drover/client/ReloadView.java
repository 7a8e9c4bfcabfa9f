package drover.client;

import java.util.List;

/**
 * What came of reading the configuration again.
 *
 * @param applied whether it is in force now; if not, everything stays as it was
 * @param problems what is wrong with it, if anything
 * @param restartNeeded keys that have changed but take effect only with a restart
 */
public record ReloadView(boolean applied, List<String> problems, List<String> restartNeeded) {
    public ReloadView {
        problems = List.copyOf(problems);
        restartNeeded = List.copyOf(restartNeeded);
    }
}
