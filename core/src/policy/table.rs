//! The keys, one row each: the one definition from which everything else is made.

use super::key::Form::{
    Color, Host, Hours, Key as KeyText, Language, Login, Mime, Origin, Pem, Plain, Server, Url, User, Version,
};
use super::key::Initial::{All, Choice as Word, Flag as Is, List as Those, Number as Num, Unset};
use super::key::Mark::{Mdm, Since, Tighten, Unmanaged};
use super::key::Type::{Choice, Flag, List, Number, Text};
use super::key::{Definition, Merge, Type};

const fn number(least: u64, most: u64, unit: &'static str) -> Type {
    Number { least, most, unit }
}

const V1: &str = "0.1.0";

macro_rules! keys {
    ($($variant:ident $name:literal $kind:expr, $default:expr, $merge:ident $(, $mark:expr)*;)*) => {
        /// A policy key.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Key {
            $(
                #[doc = concat!("`", $name, "`")]
                $variant,
            )*
        }

        impl Key {
            /// All keys, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns everything about it but its words.
            pub fn definition(self) -> &'static Definition {
                match self {
                    $(Self::$variant => {
                        static ROW: Definition =
                            Definition::new(Key::$variant, $name, $kind, $default, Merge::$merge)
                                .marked(&[$($mark),*]);
                        &ROW
                    })*
                }
            }
        }
    };
}

keys! {
    ServerHomeserverUrl "server.homeserver_url" Text(Url), Unset, Top, Mdm, Since(V1);
    ServerEndpoints "server.endpoints" List(Url), Those(&[]), Top, Mdm;
    ServerSpkiPins "server.spki_pins" List(KeyText), Unset, Meet, Mdm, Since(V1);
    ServerCaCertificates "server.ca_certificates" List(Pem), Unset, Join, Mdm, Since(V1);
    ServerDnsQuorumNames "server.dns_quorum.names" List(Host), Those(&[]), Top, Mdm;
    ServerDnsQuorumResolvers "server.dns_quorum.resolvers" List(Host), Those(&[]), Top, Mdm;
    ServerDnsQuorumRequired "server.dns_quorum.required" number(1, 15, ""), Num(2), Max, Mdm;
    ServerAllowOther "server.allow_other" Flag, Is(true), And, Since(V1);

    NetProxyUrl "net.proxy_url" Text(Url), Unset, Top, Mdm, Since(V1);
    NetVpnRequired "net.vpn_required" Flag, Is(false), Or;
    NetMinTls "net.min_tls" Choice(&["1.2", "1.3"]), Word("1.2"), Max, Tighten, Since(V1);
    NetMeteredSync "net.metered_sync" Flag, Is(true), And, Since(V1);

    AccountUsername "account.username" Text(Login), Unset, Top, Mdm, Since(V1);
    AccountLoginHint "account.login_hint" Text(Login), Unset, Top, Since(V1);
    AccountMaxAccounts "account.max_accounts" number(1, 100, ""), Num(3), Min, Since(V1);
    AccountMaxDevices "account.max_devices" number(1, 100, ""), Num(5), Min, Since(V1);
    AccountReadonlyProfile "account.readonly_profile" Flag, Is(false), Or, Since(V1);
    AccountSecondFactor "account.second_factor" Flag, Is(false), Or, Since(V1);

    OrgName "org.name" Text(Plain), Unset, Top, Since(V1);
    OrgPolicyKeys "org.policy_keys" List(KeyText), Unset, Top, Mdm, Since(V1);
    OrgAuditRecipients "org.audit_recipients" List(User), Unset, Join, Since(V1);

    BrandingName "branding.name" Text(Plain), Unset, Top;
    BrandingPrimary "branding.primary" Text(Color), Unset, Top;
    BrandingAccent "branding.accent" Text(Color), Unset, Top;
    BrandingLogo "branding.logo" Text(Url), Unset, Top;
    BrandingTermsUrl "branding.terms_url" Text(Url), Unset, Top;
    BrandingContact "branding.contact" Text(Plain), Unset, Top;
    BrandingLanguages "branding.languages" List(Language), Unset, Top;

    LockRequired "lock.required" Flag, Is(true), Or, Tighten, Unmanaged(Is(false)), Since(V1);
    LockKind "lock.kind" Choice(&["pin", "password"]), Word("pin"), Stricter, Since(V1);
    LockMinLength "lock.min_length" number(4, 128, ""), Num(6), Max, Tighten, Since(V1);
    LockBlockSimple "lock.block_simple" Flag, Is(true), Or, Since(V1);
    LockBiometric "lock.biometric" Flag, Is(true), And, Since(V1);
    LockTimeoutS "lock.timeout_s" number(5, 86_400, "s"), Num(60), Min, Since(V1);
    LockSealAfterMin "lock.seal_after_min" number(1, 525_600, "min"), Unset, Min, Since(V1);
    LockMaxAttempts "lock.max_attempts" number(1, 100, ""), Num(5), Min, Tighten, Since(V1);
    LockOnMaxAttempts "lock.on_max_attempts" Choice(&["logout", "wipe"]), Word("wipe"), Stricter, Since(V1);
    LockMaxAgeDays "lock.max_age_days" number(1, 3650, "days"), Unset, Min, Since(V1);
    LockHistory "lock.history" number(0, 24, ""), Num(0), Max, Since(V1);
    LockDuress "lock.duress" Flag, Is(false), Or;
    LockRemoteShare "lock.remote_share" Flag, Is(false), Or, Since(V1);
    LockShareUrl "lock.share_url" Text(Url), Unset, Top, Mdm, Since(V1);
    LockOfflineGraceMin "lock.offline_grace_min" number(0, 525_600, "min"), Num(720), Min, Since(V1);

    DeviceMinOsAndroid "device.min_os_android" Text(Version), Unset, Max, Since(V1);
    DeviceMinOsIos "device.min_os_ios" Text(Version), Unset, Max, Since(V1);
    DeviceIntegrity "device.integrity" Choice(&["ignore", "warn", "block", "wipe"]), Word("warn"), Stricter, Since(V1);
    AppMinVersion "app.min_version" Text(Version), Unset, Max, Since(V1);
    AppStoreUrl "app.store_url" Text(Url), Unset, Top, Since(V1);

    DataMessageDays "data.message_days" number(1, 36_500, "days"), Unset, Min, Since(V1);
    DataFileDays "data.file_days" number(1, 36_500, "days"), Unset, Min, Since(V1);
    DataFloorDays "data.floor_days" number(1, 36_500, "days"), Unset, Max, Since(V1);
    DataHonourRoomRetention "data.honour_room_retention" Flag, Is(true), Or, Since(V1);
    DataLocalMedia "data.local_media" Choice(&["cache", "stream"]), Word("cache"), Stricter, Since(V1);
    DataPersistence "data.persistence" Choice(&["normal", "ephemeral"]), Word("normal"), Stricter, Since(V1);
    DataOfflineWipeH "data.offline_wipe_h" number(1, 87_600, "h"), Unset, Min, Since(V1);
    DataCacheMb "data.cache_mb" number(16, 1_048_576, "MB"), Num(2048), Min, Since(V1);
    DataSystemBackup "data.system_backup" Flag, Is(false), And, Tighten;
    DataKeyBackup "data.key_backup" Choice(&["forced", "user", "off"]), Word("user"), Stricter, Since(V1);
    DataRecoveryMinLength "data.recovery_min_length" number(8, 128, ""), Num(12), Max, Since(V1);

    ShareScreenshots "share.screenshots" Flag, Is(false), And, Unmanaged(Is(true)), Since(V1);
    ShareClipboard "share.clipboard" Choice(&["any", "app", "none"]), Word("app"), Stricter, Unmanaged(Word("any")), Since(V1);
    ShareSaveToDevice "share.save_to_device" Flag, Is(false), And, Unmanaged(Is(true)), Since(V1);
    ShareOpenExternal "share.open_external" Flag, Is(false), And, Unmanaged(Is(true)), Since(V1);
    ShareExport "share.export" Flag, Is(false), And, Unmanaged(Is(true)), Since(V1);
    SharePrint "share.print" Flag, Is(false), And, Unmanaged(Is(true));
    ShareForward "share.forward" Choice(&["any", "network", "none"]), Word("any"), Stricter, Since(V1);
    ShareMaxUploadMb "share.max_upload_mb" number(0, 10_240, "MB"), Num(100), Min, Since(V1);
    ShareMimeAllow "share.mime_allow" List(Mime), All, Meet, Since(V1);
    ShareMimeDeny "share.mime_deny" List(Mime), Those(&["executables"]), Join, Since(V1);
    ShareReason "share.reason" Choice(&["never", "room", "foreign", "always"]), Word("foreign"), Stricter, Since(V1);
    SharePurposes "share.purposes" List(Plain), Those(&["prevention", "public_safety", "apprehension", "detection"]), Top, Since(V1);
    ShareClassificationCeiling "share.classification_ceiling" Choice(&["unclassified", "restricted", "confidential", "secret", "top_secret"]), Unset, Min, Since(V1);
    ShareReleasableTo "share.releasable_to" List(Plain), Those(&[]), Meet, Since(V1);
    ShareStripMetadata "share.strip_metadata" Flag, Is(true), Or, Tighten, Since(V1);
    ShareCaptureInfo "share.capture_info" Choice(&["off", "ask", "always"]), Word("ask"), Top, Since(V1);
    ShareKeepOriginal "share.keep_original" Flag, Is(false), Top, Since(V1);
    ShareWatermark "share.watermark" Flag, Is(false), Or;

    MediaImageMaxPx "media.image_max_px" number(64, 16_384, "px"), Num(2048), Min, Since(V1);
    MediaImageQuality "media.image_quality" number(1, 100, "%"), Num(80), Min, Since(V1);
    MediaVideoMaxHeight "media.video_max_height" number(144, 4320, "px"), Num(720), Min, Since(V1);
    MediaVideoKbps "media.video_kbps" number(64, 100_000, "kbit/s"), Num(2000), Min, Since(V1);
    MediaVideoMaxS "media.video_max_s" number(1, 86_400, "s"), Num(300), Min, Since(V1);
    MediaVoiceMaxS "media.voice_max_s" number(1, 86_400, "s"), Num(300), Min, Since(V1);
    MediaAutoDownload "media.auto_download" Choice(&["always", "wifi", "never"]), Word("wifi"), Stricter, Since(V1);

    LocationMode "location.mode" Choice(&["off", "user", "forced"]), Word("user"), Top, Since(V1);
    LocationMinIntervalS "location.min_interval_s" number(1, 86_400, "s"), Num(5), Max, Since(V1);
    LocationMaxDurationMin "location.max_duration_min" number(1, 525_600, "min"), Num(480), Min, Since(V1);
    LocationPrecisionM "location.precision_m" number(1, 100_000, "m"), Unset, Max, Since(V1);
    LocationBackground "location.background" Flag, Is(true), And;
    LocationOfficerDownMin "location.officer_down_min" number(1, 1440, "min"), Unset, Min;
    LocationMapUrl "location.map_url" Text(Url), Unset, Top, Since(V1);

    RoomsCreate "rooms.create" Flag, Is(true), And, Since(V1);
    RoomsInviteForeign "rooms.invite_foreign" Flag, Is(true), And, Since(V1);
    RoomsFederationAllow "rooms.federation_allow" List(Server), All, Meet, Since(V1);
    RoomsGuests "rooms.guests" Flag, Is(true), And, Since(V1);
    RoomsBroadcastCreate "rooms.broadcast_create" Flag, Is(true), And, Since(V1);
    RoomsAdmins "rooms.admins" List(User), Unset, Join, Since(V1);

    CallsAllowed "calls.allowed" Flag, Is(true), And;
    CallsVideo "calls.video" Flag, Is(true), And;
    CallsGroup "calls.group" Flag, Is(true), And;

    FormsAllowedOrigins "forms.allowed_origins" List(Origin), Those(&[]), Meet;

    E2eeRequire "e2ee.require" Flag, Is(true), Or, Tighten, Since(V1);
    E2eeExcludeUnverified "e2ee.exclude_unverified" Flag, Is(false), Or, Since(V1);
    MessagesReadReceipts "messages.read_receipts" Flag, Is(true), And, Since(V1);
    MessagesTyping "messages.typing" Flag, Is(true), And, Since(V1);

    PushPreview "push.preview" Choice(&["full", "sender", "none"]), Word("sender"), Stricter;
    PushGatewayUrl "push.gateway_url" Text(Url), Unset, Top, Since(V1);
    PushCritical "push.critical" Flag, Is(true), And;
    PushQuietHours "push.quiet_hours" Text(Hours), Unset, Top;

    LogLevel "log.level" Choice(&["off", "error", "warn", "info", "debug", "trace"]), Word("info"), Min, Unmanaged(Word("trace")), Since(V1);
    LogExport "log.export" Flag, Is(false), And;
    AuditEnabled "audit.enabled" Flag, Is(true), Or, Since(V1);
    AuditUpload "audit.upload" Flag, Is(true), Or, Since(V1);
}
