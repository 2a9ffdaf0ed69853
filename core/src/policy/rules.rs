//! What the core asks of a policy that holds, by name.

use super::effective::Policy;
use super::form;
use super::key::Key;

/// What the core does without being asked, and what it may not pass.
impl Policy {
    /// Returns how photos are prepared: longer side in pixels, JPEG quality, and whether metadata has to go.
    pub fn photo(&self) -> PhotoRules {
        PhotoRules {
            max_px: self.small(Key::MediaImageMaxPx),
            quality: self.number(Key::MediaImageQuality).and_then(|quality| u8::try_from(quality).ok()),
            strip_metadata: self.flag(Key::ShareStripMetadata),
        }
    }

    /// Returns how clips and recordings are prepared.
    pub fn clips(&self) -> ClipRules {
        ClipRules {
            max_height: self.small(Key::MediaVideoMaxHeight),
            kbps: self.small(Key::MediaVideoKbps),
            max_s: self.small(Key::MediaVideoMaxS),
            voice_max_s: self.small(Key::MediaVoiceMaxS),
        }
    }

    /// Returns the bytes that one file may have, and whether a source says so.
    pub fn max_upload_bytes(&self) -> (Option<u64>, bool) {
        let most = self.number(Key::ShareMaxUploadMb).map(|most| most.saturating_mul(1 << 20));
        (most, self.entry(Key::ShareMaxUploadMb).is_locked())
    }

    /// Returns whether the unchanged file always follows a prepared one, and what becomes of facts of the camera: `off`,
    /// `ask`, `always`.
    pub fn evidence(&self) -> (bool, &'static str) {
        (self.flag(Key::ShareKeepOriginal), self.word(Key::ShareCaptureInfo))
    }

    /// Returns how many bytes of received files may be kept on the disk (0: none may), and when they are fetched without
    /// being asked for.
    pub fn received_files(&self) -> (u64, AutoDownload) {
        let most = match self.word(Key::DataLocalMedia) {
            "stream" => 0,
            _ => self.number(Key::DataCacheMb).map_or(u64::MAX, |most| most.saturating_mul(1 << 20)),
        };
        let auto = match self.word(Key::MediaAutoDownload) {
            "always" => AutoDownload::Always,
            "never" => AutoDownload::Never,
            _ => AutoDownload::Unmetered,
        };
        (most, auto)
    }

    /// Returns the address of the organisation's push gateway; without one nothing is pushed.
    pub fn push_gateway(&self) -> Option<&str> {
        self.text(Key::PushGatewayUrl)
    }

    /// Says whether nothing may outlive the process that signed in.
    pub fn keeps_nothing(&self) -> bool {
        self.word(Key::DataPersistence) == "ephemeral"
    }

    /// Returns what holds for positions.
    pub fn location(&self) -> LocationRules {
        LocationRules {
            mode: match self.word(Key::LocationMode) {
                "off" => LocationMode::Off,
                "forced" => LocationMode::Forced,
                _ => LocationMode::User,
            },
            min_interval_s: self.small(Key::LocationMinIntervalS),
            max_duration_min: self.small(Key::LocationMaxDurationMin),
            precision_m: self.small(Key::LocationPrecisionM),
            background: self.flag(Key::LocationBackground),
            officer_down_min: self.small(Key::LocationOfficerDownMin),
        }
    }

    /// Returns what holds for the application lock.
    pub fn lock(&self) -> LockRules {
        LockRules {
            required: self.flag(Key::LockRequired),
            password: self.word(Key::LockKind) == "password",
            min_length: self.small(Key::LockMinLength).unwrap_or(0),
            block_simple: self.flag(Key::LockBlockSimple),
            biometric: self.flag(Key::LockBiometric),
            timeout_s: self.small(Key::LockTimeoutS),
            seal_after_min: self.small(Key::LockSealAfterMin),
            max_attempts: self.small(Key::LockMaxAttempts),
            wipe: self.word(Key::LockOnMaxAttempts) != "logout",
            max_age_days: self.small(Key::LockMaxAgeDays),
            history: self.small(Key::LockHistory).unwrap_or(0),
            offline_grace_min: self.small(Key::LockOfflineGraceMin).unwrap_or(0),
        }
    }

    /// Says whether a server is to hold half of the lock's key.
    pub fn wants_share(&self) -> bool {
        self.flag(Key::LockRemoteShare)
    }

    /// Returns the address of that server.
    pub fn share_url(&self) -> Option<&str> {
        self.text(Key::LockShareUrl)
    }

    /// Returns the hours without the server after which the device is wiped.
    pub fn offline_wipe_h(&self) -> Option<u32> {
        self.small(Key::DataOfflineWipeH)
    }

    /// Returns the address of the proxy that all goes through.
    pub fn proxy_url(&self) -> Option<&str> {
        self.text(Key::NetProxyUrl)
    }

    /// Returns the certificates (PEM) of the organisation's authorities, the pinned keys (SHA-256; nothing: any), and
    /// whether TLS 1.3 is asked for.
    pub fn server_trust(&self) -> (&[String], Option<Vec<[u8; 32]>>, bool) {
        let authorities = self.list(Key::ServerCaCertificates).unwrap_or_default();
        let pins = self
            .list(Key::ServerSpkiPins)
            .map(|pins| pins.iter().filter_map(|pin| form::decode(pin)?.try_into().ok()).collect());
        (authorities, pins, self.word(Key::NetMinTls) == "1.3")
    }

    /// Returns how long messages and files stay.
    pub fn retention(&self) -> Retention {
        Retention {
            message_days: self.small(Key::DataMessageDays),
            file_days: self.small(Key::DataFileDays),
            floor_days: self.small(Key::DataFloorDays),
            honour_rooms: self.flag(Key::DataHonourRoomRetention),
        }
    }

    /// Returns who is given power over each new room.
    pub fn room_admins(&self) -> &[String] {
        self.list(Key::RoomsAdmins).unwrap_or_default()
    }

    /// Returns the keys whose signed bundles are believed, 32 bytes each.
    pub fn policy_keys(&self) -> Vec<[u8; 32]> {
        let keys = self.list(Key::OrgPolicyKeys).unwrap_or_default();
        keys.iter().filter_map(|key| form::decode(key)?.try_into().ok()).collect()
    }

    /// Says whether a source demands anything of what is shared: a reason, a classification, or with whom.
    pub fn asks_of_shares(&self) -> bool {
        [Key::ShareReason, Key::ShareClassificationCeiling, Key::ShareReleasableTo]
            .into_iter()
            .any(|key| self.entry(key).is_locked())
    }

    /// Returns the word of `log.level`.
    pub fn log_level(&self) -> &'static str {
        self.word(Key::LogLevel)
    }

    /// Returns what is proposed to whoever signs in: the server, the only user who may, and one who may be another.
    pub fn proposed(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        (
            self.text(Key::ServerHomeserverUrl),
            self.text(Key::AccountUsername),
            self.text(Key::AccountLoginHint),
        )
    }

    /// Says whether the user is to be warned of a system that was tampered with.
    pub fn warns_of_tampering(&self) -> bool {
        self.word(Key::DeviceIntegrity) == "warn"
    }

    /// Says whether all data goes where the system was tampered with.
    pub fn wipes_tampered(&self) -> bool {
        self.word(Key::DeviceIntegrity) == "wipe"
    }

    /// Returns the address of the organisation's map, the only one that a map is fetched from.
    pub fn map_url(&self) -> Option<&str> {
        self.text(Key::LocationMapUrl)
    }

    /// Returns the organisation's name.
    pub fn org_name(&self) -> Option<&str> {
        self.text(Key::OrgName)
    }

    /// Says whether what was refused is kept in the local audit.
    pub fn keeps_audit(&self) -> bool {
        self.flag(Key::AuditEnabled)
    }

    /// Returns whom the record of what was refused is sent to; nobody where it stays here.
    pub fn audit_readers(&self) -> &[String] {
        let is_sent = self.keeps_audit() && self.flag(Key::AuditUpload);
        self.list(Key::OrgAuditRecipients).filter(|_| is_sent).unwrap_or_default()
    }
}

/// When received files are fetched without being asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoDownload {
    /// Never.
    Never,
    /// Where bytes cost nothing.
    Unmetered,
    /// Always.
    Always,
}

/// How long messages and files stay. The floor bounds all of it from below, what a room says as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Days after which messages go.
    pub message_days: Option<u32>,
    /// Days after which files go.
    pub file_days: Option<u32>,
    /// Days before which nothing goes.
    pub floor_days: Option<u32>,
    /// Whether what a room says counts.
    pub honour_rooms: bool,
}

/// How photos are prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhotoRules {
    /// Longer side, in pixels.
    pub max_px: Option<u32>,
    /// JPEG quality, 1 to 100.
    pub quality: Option<u8>,
    /// Whether metadata has to go.
    pub strip_metadata: bool,
}

/// How clips and recordings are prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClipRules {
    /// Shorter side of the picture, in pixels.
    pub max_height: Option<u32>,
    /// Thousands of bits a second.
    pub kbps: Option<u32>,
    /// Longest clip, in seconds.
    pub max_s: Option<u32>,
    /// Longest recording, in seconds.
    pub voice_max_s: Option<u32>,
}

/// Whether positions are shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocationMode {
    /// Never.
    Off,
    /// As the user likes.
    User,
    /// Always.
    Forced,
}

/// What holds for positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocationRules {
    /// Whether they are shared.
    pub mode: LocationMode,
    /// Seconds between two, at least.
    pub min_interval_s: Option<u32>,
    /// Longest share, in minutes.
    pub max_duration_min: Option<u32>,
    /// Nothing finer leaves the device, in metres.
    pub precision_m: Option<u32>,
    /// Whether it goes on in the background.
    pub background: bool,
    /// Minutes without a sign of life before an alarm.
    pub officer_down_min: Option<u32>,
}

/// What holds for the application lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockRules {
    /// Whether there has to be one.
    pub required: bool,
    /// A password instead of a PIN.
    pub password: bool,
    /// Shortest PIN or password, in characters.
    pub min_length: u32,
    /// Whether simple ones are refused.
    pub block_simple: bool,
    /// Whether a fingerprint or face may stand in.
    pub biometric: bool,
    /// Seconds without use after which the screen is locked.
    pub timeout_s: Option<u32>,
    /// Minutes without use after which the profile is sealed.
    pub seal_after_min: Option<u32>,
    /// Wrong ones in a row; none: no limit.
    pub max_attempts: Option<u32>,
    /// Whether everything is destroyed after the last one; the profile is signed out otherwise.
    pub wipe: bool,
    /// Days after which a new one is asked for.
    pub max_age_days: Option<u32>,
    /// How many earlier ones may not come again.
    pub history: u32,
    /// Minutes without the organisation's server.
    pub offline_grace_min: u32,
}
