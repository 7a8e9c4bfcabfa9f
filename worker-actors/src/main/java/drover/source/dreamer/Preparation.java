package drover.source.dreamer;

import drover.horde.GenMetadata;
import drover.inference.ImageRequest;
import drover.source.addons.AddOnStore;
import java.util.List;

/**
 * What has to be done before a job can be taken on has been done.
 *
 * @param remarks what the Horde is to know about each of its pictures, such as a source image that could not be had
 * @param leases of files that the job needs
 */
record Preparation(ImageRequest request, List<GenMetadata> remarks, List<AddOnStore.Lease> leases) {
    Preparation {
        remarks = List.copyOf(remarks);
        leases = List.copyOf(leases);
    }
}
