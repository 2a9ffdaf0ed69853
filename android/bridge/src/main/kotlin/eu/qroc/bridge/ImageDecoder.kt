package eu.qroc.bridge

import eu.qroc.bridge.generated.DecodedImage as GeneratedImage
import eu.qroc.bridge.generated.ImageDecoder as GeneratedDecoder

/**
 * A picture as pixels.
 *
 * @property width pixels across.
 * @property height pixels down.
 * @property rgba red, green, blue and opacity of each pixel, a byte for each, rows from top to bottom: upright, in sRGB,
 *   colours not multiplied by the opacity.
 */
public class DecodedImage(
    public val width: Int,
    public val height: Int,
    public val rgba: ByteArray,
)

/**
 * Decodes pictures that the core cannot read itself: HEIC and AVIF where it was built without FFmpeg, raw files of cameras.
 * Called on the library's threads, never for what it can read or what is damaged; it may call the core. What throws, or
 * takes longer than half a minute, costs that file alone.
 */
public fun interface ImageDecoder {
    /**
     * Decodes the picture in [bytes], made small so that its longer side has [maxPx] pixels at most; `null` where the
     * platform cannot read it either.
     */
    public suspend fun decode(
        bytes: ByteArray,
        mime: String,
        maxPx: Int,
    ): DecodedImage?
}

internal class BridgedImageDecoder(
    private val decoder: ImageDecoder,
) : GeneratedDecoder {
    override suspend fun decode(
        bytes: ByteArray,
        mime: String,
        maxPx: UInt,
    ): GeneratedImage? =
        guarded { decoder.decode(bytes, mime, maxPx.coerceAtMost(Int.MAX_VALUE.toUInt()).toInt()) }?.let {
            GeneratedImage(it.width.coerceAtLeast(0).toUInt(), it.height.coerceAtLeast(0).toUInt(), it.rgba)
        }
}
