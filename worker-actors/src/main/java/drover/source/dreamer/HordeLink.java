package drover.source.dreamer;

import drover.horde.HordeClient;
import drover.horde.Uploader;

/** The Horde, as one account sees it. */
record HordeLink(HordeClient client, Uploader uploader) {}
