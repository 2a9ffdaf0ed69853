// Stands for what Compose has for Android's pictures: never shipped.
@file:JvmName("AndroidImageBitmap_androidKt")

package androidx.compose.ui.graphics

fun android.graphics.Bitmap.asImageBitmap(): ImageBitmap = ImageBitmap(width, height)
