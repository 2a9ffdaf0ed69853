package eu.qroc.ui.parts

import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.SolidColor
import androidx.compose.ui.graphics.StrokeCap
import androidx.compose.ui.graphics.StrokeJoin
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.graphics.vector.addPathNodes
import androidx.compose.ui.unit.dp

/** The few icons there are: lines of 2 dp on a grid of 24. */
object Icons {
    val Back = icon("back", "M20 12H5 M11 6L5 12L11 18", mirrored = true)
    val Send = icon("send", "M4 12H13 M4 4L21 12L4 20L6.5 12Z", mirrored = true)
    val Attach = icon("attach", "M20 11L12 19A5 5 0 0 1 5 12L13 4A3.3 3.3 0 0 1 17.7 8.7L9.8 16.6A1.6 1.6 0 0 1 7.5 14.3L14.5 7.3")
    val Photo = icon("photo", "M4 5H20V19H4Z M4 16L9 11L13 15L16 12L20 16 M15.5 8.5H15.6")
    val Camera = icon("camera", "M4 7.5H8L9.5 5H14.5L16 7.5H20V19H4Z M12 16.5A3.5 3.5 0 1 0 12 9.5A3.5 3.5 0 1 0 12 16.5Z")
    val Microphone = icon("microphone", "M12 14.5A3 3 0 0 0 15 11.5V6.5A3 3 0 0 0 9 6.5V11.5A3 3 0 0 0 12 14.5Z M6 11.5A6 6 0 0 0 18 11.5 M12 17.5V21")
    val Play = icon("play", "M8 5.5V18.5L18.5 12Z")
    val Pause = icon("pause", "M8.5 6V18 M15.5 6V18", width = 3f)
    val File = icon("file", "M6 3H14L19 8V21H6Z M14 3V8H19")
    val Pin = icon("pin", "M12 21C12 21 5 14.5 5 9.5A7 7 0 0 1 19 9.5C19 14.5 12 21 12 21Z M12 12A2.5 2.5 0 1 0 12 7A2.5 2.5 0 1 0 12 12Z")
    val Close = icon("close", "M6 6L18 18 M18 6L6 18")
    val Search = icon("search", "M10.5 17A6.5 6.5 0 1 0 10.5 4A6.5 6.5 0 1 0 10.5 17Z M15.5 15.5L20 20")
    val Lock = icon("lock", "M6 11H18V20H6Z M8.5 11V8A3.5 3.5 0 0 1 15.5 8V11")
    val Unlocked = icon("unlocked", "M6 11H18V20H6Z M8.5 11V7A3.5 3.5 0 0 1 15 5.5")
    val Clock = icon("clock", "M12 21A9 9 0 1 0 12 3A9 9 0 1 0 12 21Z M12 7V12L15.5 14")
    val Warning = icon("warning", "M12 4L21.5 20H2.5Z M12 10V14 M12 17H12.1")
    val Sent = icon("sent", "M5 12.5L10 17.5L19.5 7")
    val Seen = icon("seen", "M2.5 12.5L7 17L15.5 7.5 M11.5 16L12.5 17L21.5 7.5")
    val Retry = icon("retry", "M19.5 12A7.5 7.5 0 1 1 17 6.4 M17.5 2.5V7H13")
    val Edit = icon("edit", "M4 20L5 16L16 5L19 8L8 19Z M13.5 7.5L16.5 10.5")
    val Reply = icon("reply", "M9.5 6L4 11.5L9.5 17 M4 11.5H13A7 7 0 0 1 20 18.5", mirrored = true)
    val Forward = icon("forward", "M14.5 6L20 11.5L14.5 17 M20 11.5H11A7 7 0 0 0 4 18.5", mirrored = true)
    val Thread = icon("thread", "M4 5H20V15H11L7 19V15H4Z M8 10H16")
    val Smile = icon("smile", "M12 21A9 9 0 1 0 12 3A9 9 0 1 0 12 21Z M8.5 14.5A4.2 4.2 0 0 0 15.5 14.5 M9 9.5H9.1 M15 9.5H15.1")
    val Delete = icon("delete", "M5 7H19 M9.5 7V4H14.5V7 M6.5 7L7.5 20H16.5L17.5 7")
    val More = icon("more", "M12 5.5H12.1 M12 12H12.1 M12 18.5H12.1", width = 3f)
    val Less = icon("less", "M5 12H19")
    val Map = icon("map", "M9 5L3.5 7.5V19.5L9 17L15 19.5L20.5 17V5L15 7.5Z M9 5V17 M15 7.5V19.5")
    val Add = icon("add", "M12 5V19 M5 12H19")
    val People =
        icon("people", "M9 11A3.2 3.2 0 1 0 9 4.6A3.2 3.2 0 1 0 9 11Z M3 19.5A6 6 0 0 1 15 19.5 M15.5 5A3 3 0 0 1 15.5 10.8 M17.5 14.2A6 6 0 0 1 21 19.5")
    val Person = icon("person", "M12 11.5A4 4 0 1 0 12 3.5A4 4 0 1 0 12 11.5Z M4.5 20.5A7.5 7.5 0 0 1 19.5 20.5")
    val Invite = icon("invite", "M10 11.5A3.6 3.6 0 1 0 10 4.3A3.6 3.6 0 1 0 10 11.5Z M3 20A7 7 0 0 1 17 20 M19 7V13 M16 10H22")
    val Devices = icon("devices", "M3 5H17V10 M3 5V16H12 M9 20H12 M14.5 11.5H21V21H14.5Z")
    val Settings =
        icon("settings", "M4 7H13 M17 7H20 M15 9A2 2 0 1 0 15 5A2 2 0 1 0 15 9Z M4 17H7 M11 17H20 M9 19A2 2 0 1 0 9 15A2 2 0 1 0 9 19Z")
    val Queue = icon("queue", "M12 16V5 M7.5 9.5L12 5L16.5 9.5 M4 15V20H20V15")
    val Offline = icon("offline", "M4 4L20 20 M7 18H16.5 M7 18A4 4 0 0 1 7.5 10 M10.5 7.2A5.5 5.5 0 0 1 17.5 11 A3.5 3.5 0 0 1 20 16")
    val Info = icon("info", "M12 21A9 9 0 1 0 12 3A9 9 0 1 0 12 21Z M12 11V16 M12 7.7H12.1")
    val Copy = icon("copy", "M8 8H20V20H8Z M16 8V4H4V16H8")
    val Save = icon("save", "M12 4V15 M7.5 10.5L12 15L16.5 10.5 M4 16V20H20V16")
    val Leave = icon("leave", "M13 4H5V20H13 M10 12H20.5 M16.5 8L20.5 12L16.5 16", mirrored = true)
    val Verified = icon("verified", "M12 3L19.5 6V11.5C19.5 16.5 16 19.8 12 21C8 19.8 4.5 16.5 4.5 11.5V6Z M8.5 12L11 14.5L15.5 9.5")
    val Unverified = icon("unverified", "M12 3L19.5 6V11.5C19.5 16.5 16 19.8 12 21C8 19.8 4.5 16.5 4.5 11.5V6Z M12 8V12.5 M12 16H12.1")
    val Down = icon("down", "M6 9.5L12 15.5L18 9.5")
    val Eye = icon("eye", "M2.5 12C5 7.5 8.5 5.5 12 5.5C15.5 5.5 19 7.5 21.5 12C19 16.5 15.5 18.5 12 18.5C8.5 18.5 5 16.5 2.5 12Z M12 15A3 3 0 1 0 12 9A3 3 0 1 0 12 15Z")
    val Chat = icon("chat", "M4 5H20V16H12L7 20V16H4Z")
    val All: List<ImageVector> =
        listOf(
            Back, Send, Attach, Photo, Camera, Microphone, Play, Pause, File, Pin, Close, Search, Lock, Unlocked, Clock, Warning, Sent, Seen, Retry, Edit,
            Reply, Forward, Thread, Smile, Delete, More, Less, Map, Add, People, Person, Invite, Devices, Settings, Queue, Offline, Info,
            Copy, Save, Leave, Verified, Unverified, Down, Eye, Chat,
        )
}

private fun icon(
    name: String,
    path: String,
    width: Float = 2f,
    mirrored: Boolean = false,
): ImageVector =
    ImageVector
        .Builder(name, 24.dp, 24.dp, 24f, 24f, autoMirror = mirrored)
        .addPath(
            addPathNodes(path),
            stroke = SolidColor(Color.Black),
            strokeLineWidth = width,
            strokeLineCap = StrokeCap.Round,
            strokeLineJoin = StrokeJoin.Round,
        ).build()
