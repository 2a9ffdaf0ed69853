//! A recorded track as the device's receiver: from now on, as fast as asked.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::geo::pace::Pace;
use crate::geo::replay::Step;
use crate::geo::{Fix, Source};
use crate::ports::location_source::{LocationSource, Reading};

/// Gives the points of a track at their times, moved so that the first is now.
#[derive(Debug)]
pub struct Replay {
    steps: std::vec::IntoIter<Step>,
    next: Option<Step>,
    speed: f64,
    clock: Arc<dyn Clock>,
    began: Option<(Instant, i64)>,
}

impl Replay {
    /// Prepares to replay a track, `speed` times as fast as it was.
    pub fn new(steps: Vec<Step>, speed: f64, clock: Arc<dyn Clock>) -> Self {
        let mut steps = steps.into_iter();
        let next = steps.next();
        Self { steps, next, speed, clock, began: None }
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "bounded by the track's length"
    )]
    fn after(&self, step: &Step) -> i64 {
        (step.offset_ms as f64 / self.speed).round() as i64
    }
}

#[async_trait]
impl LocationSource for Replay {
    async fn next(&mut self) -> Option<Reading> {
        let step = self.next?;
        let (began, began_ms) = *self.began.get_or_insert_with(|| (Instant::now(), self.clock.now_ms()));
        let after_ms = self.after(&step);
        tokio::time::sleep_until(began + Duration::from_millis(u64::try_from(after_ms).unwrap_or(0))).await;
        self.next = self.steps.next();
        let place = step.place;
        let fix = Fix::at(began_ms.saturating_add(after_ms), place.lat, place.lon)?
            .with_accuracy(place.accuracy_m)
            .with_speed(step.speed_mps)
            .with_heading(step.heading_deg)
            .with_altitude(step.altitude_m)
            .from_source(Source::Gnss);
        Some(Reading::Fix(fix))
    }

    fn set_pace(&mut self, _: Pace) {}
}
