package drover.horde;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Finds the addresses of a name. */
@FunctionalInterface
interface AddressResolver {
    /**
     * All addresses of a name, or the one that it is.
     *
     * @return at least one; fails with an {@link UnknownHostException} if there is none
     */
    CompletionStage<List<InetAddress>> resolve(String host);

    /**
     * As the operating system finds them.
     *
     * @param blocking threads that may wait
     */
    static AddressResolver system(Executor blocking) {
        return host -> CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return List.of(InetAddress.getAllByName(host));
                    } catch (UnknownHostException e) {
                        throw new CompletionException(e);
                    }
                },
                blocking);
    }
}
