package eu.qroc.bridge

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import eu.qroc.bridge.generated.codeInFrame as generatedCodeInFrame
import eu.qroc.bridge.generated.codeInPicture as generatedCodeInPicture

/**
 * Reads the first code (QR) in a picture, from memory: a JPEG, PNG, WebP, GIF, BMP or TIFF file. For [Verification.scan].
 * Where there is none, it says `no_code`; where it is no picture, `file_not_a_picture` or `file_damaged`.
 */
public suspend fun codeInPicture(picture: ByteArray): ByteArray =
    withContext(Dispatchers.Default) { translated { generatedCodeInPicture(picture) } }

/**
 * Reads the first code (QR) in what a camera sees now; nothing where there is none: look again.
 *
 * @param width pixels across.
 * @param height pixels down.
 * @param brightness a byte for each pixel, row by row from the top left.
 */
public suspend fun codeInFrame(
    width: Int,
    height: Int,
    brightness: ByteArray,
): ByteArray? =
    withContext(Dispatchers.Default) { translated { generatedCodeInFrame(width.toUInt(), height.toUInt(), brightness) } }
