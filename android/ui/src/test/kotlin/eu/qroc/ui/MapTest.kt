package eu.qroc.ui

import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import eu.qroc.ui.format.distance
import eu.qroc.ui.map.Chart
import eu.qroc.ui.map.Place
import eu.qroc.ui.map.gridStep
import eu.qroc.ui.map.scale
import kotlin.math.abs
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNull
import kotlin.test.assertTrue

class MapTest {
    private val size = Size(400f, 300f)
    private val lisbonHarbour = Place(38.7071, -9.13549)

    @Test
    fun `what is drawn at a point is the place of that point`() {
        for (middle in listOf(lisbonHarbour, Place(-33.8688, 151.2093), Place(64.1, -21.9), Place(0.0, 179.999))) {
            for (scale in listOf(0.2, 3.0, 250.0)) {
                val chart = Chart(middle, scale)
                for (at in listOf(Offset.Zero, Offset(200f, 150f), Offset(399f, 20f))) {
                    val back = chart.offset(chart.place(at, size), size)
                    assertTrue((back - at).getDistance() < 0.5f, "$middle $scale: $at became $back")
                }
            }
        }
    }

    @Test
    fun `a kilometre is as long as the scale says`() {
        val chart = Chart(lisbonHarbour, 10.0)
        // A degree of latitude there is 111 kilometres, on a sphere 111.3.
        val north = chart.offset(Place(38.7071 + 1 / 111.32, -9.13549), size)
        assertEquals(100f, 150f - north.y, 0.5f)
        assertEquals(100f, chart.pixels(1000.0), 0.01f)
        assertEquals(500.0, chart.scale(96f))
        assertEquals(1000.0, chart.scale(100.5f))
        assertEquals(20.0, Chart(lisbonHarbour, 0.5).scale(96f))
    }

    @Test
    fun `grid lines are round numbers of seconds, wide enough apart`() {
        for (scale in listOf(0.1, 1.0, 7.0, 90.0, 4000.0)) {
            val chart = Chart(lisbonHarbour, scale)
            val step = chart.gridStep(44f)
            assertTrue(step / chart.degreesPerPixel >= 44.0, "$scale")
            val seconds = step * 3600
            assertTrue(abs(seconds * 20 - Math.round(seconds * 20)) < 1e-6, "$seconds")
        }
    }

    @Test
    fun `a chart around people holds them all, also across the date line`() {
        for (places in listOf(
            listOf(lisbonHarbour, Place(38.72, -9.1)),
            listOf(Place(-17.0, 179.9), Place(-17.1, -179.8), Place(-16.9, 179.99)),
            listOf(lisbonHarbour),
        )) {
            val chart = Chart.around(places, size, least = 0.5)!!
            for (place in places) {
                val at = chart.offset(place, size)
                assertTrue(at.x in 20f..380f && at.y in 20f..280f, "$place is at $at")
            }
        }
        assertNull(Chart.around(emptyList(), size, 0.5))
    }

    @Test
    fun `a chart stays where it is held while it grows, and never grows past its bounds`() {
        val chart = Chart(lisbonHarbour, 5.0)
        val held = Offset(320f, 40f)
        val before = chart.place(held, size)
        val after = chart.zoomed(2f, held, size)
        assertTrue((after.offset(before, size) - held).getDistance() < 0.5f)
        assertEquals(2.5, after.metresPerPixel)
        assertEquals(Chart.NEAREST, chart.zoomed(1e6f, held, size).metresPerPixel)
        val moved = chart.moved(Offset(50f, 0f), size)
        assertTrue(moved.middle.lon < chart.middle.lon)
    }

    @Test
    fun `distances are short`() {
        assertEquals("25 m", distance(25.0, StringsEn))
        assertEquals("1840 m", distance(1840.0, StringsEn))
        assertEquals("2,4 km", distance(2_400.0, StringsDe))
        assertEquals("5 km", distance(5_000.0, StringsEn))
        assertEquals("123 km", distance(123_400.0, StringsEn))
    }
}
