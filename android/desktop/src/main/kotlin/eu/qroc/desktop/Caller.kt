package eu.qroc.desktop

import eu.qroc.ui.Strings
import java.awt.AWTException
import java.awt.Frame
import java.awt.GraphicsEnvironment
import java.awt.SystemTray
import java.awt.Taskbar
import java.awt.TrayIcon
import java.awt.image.BufferedImage

/** Calls the officer to the window: in the bar of windows, and with a note where the desktop has a tray. */
internal class Caller(
    private val strings: () -> Strings,
    private val window: () -> Frame?,
) {
    private var icon: TrayIcon? = null

    fun call(waits: Boolean) {
        if (GraphicsEnvironment.isHeadless()) return
        withdraw()
        if (!waits) return
        window()?.let { frame ->
            if (Taskbar.isTaskbarSupported() && Taskbar.getTaskbar().isSupported(Taskbar.Feature.USER_ATTENTION_WINDOW)) {
                Taskbar.getTaskbar().requestWindowUserAttention(frame)
            }
        }
        note(strings().verifyCalled)
    }

    private fun note(text: String) {
        if (!SystemTray.isSupported()) return
        val tray = SystemTray.getSystemTray()
        val shown = TrayIcon(BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_ARGB).apply { createGraphics().apply { fillOval(0, 0, SIDE, SIDE) }.dispose() }, text)
        shown.isImageAutoSize = true
        // A touch leads to the window.
        shown.addActionListener { window()?.toFront() }
        try {
            tray.add(shown)
        } catch (_: AWTException) {
            // A desktop that says it has a tray and has none.
            return
        }
        icon = shown
        shown.displayMessage(null, text, TrayIcon.MessageType.NONE)
    }

    private fun withdraw() {
        icon?.let { SystemTray.getSystemTray().remove(it) }
        icon = null
    }

    private companion object {
        const val SIDE = 32
    }
}
