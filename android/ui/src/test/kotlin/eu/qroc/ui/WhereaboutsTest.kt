package eu.qroc.ui

import eu.qroc.ui.shell.Whereabouts
import kotlin.test.Test
import kotlin.test.assertEquals

class WhereaboutsTest {
    @Test
    fun `what was written is read again`() {
        for (where in listOf(Whereabouts(), Whereabouts("!a:x"), Whereabouts("!a:x", "\$e"))) {
            assertEquals(where, Whereabouts.read(where.write()))
        }
    }

    @Test
    fun `what nobody wrote is left out`() {
        assertEquals(Whereabouts(), Whereabouts.read("nothing\n\u0000"))
    }
}
