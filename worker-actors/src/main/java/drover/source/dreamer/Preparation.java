package drover.source.dreamer;

import drover.horde.GenMetadata;
import drover.inference.ImageRequest;
import java.util.List;

/**
 * What has to be done before a job can be taken on has been done.
 *
 * @param remarks what the Horde is to know about each of its pictures, such as a source image that could not be had
 */
record Preparation(ImageRequest request, List<GenMetadata> remarks) {
    Preparation {
        remarks = List.copyOf(remarks);
    }
}
