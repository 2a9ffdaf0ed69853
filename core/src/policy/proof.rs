//! Which test shows that a key is enforced: it stops what it should, and without it the same is allowed.

use super::key::Key;

impl Key {
    /// Returns the test, by module and name, of an enforced key.
    pub fn test(self) -> Option<&'static str> {
        self.definition().since?;
        Some(match self {
            Self::ServerHomeserverUrl | Self::ServerAllowOther | Self::AccountUsername => {
                "policy::the_server_and_the_user_are_fixed_by_the_machines_management"
            }
            Self::ServerCaCertificates | Self::ServerSpkiPins | Self::NetMinTls => {
                "tls::only_servers_that_policy_believes_are_talked_to"
            }
            Self::AccountSecondFactor => "second_factor::a_new_device_waits_until_it_is_confirmed",
            Self::AccountMaxDevices => "policy::a_device_too_many_is_taken_back",
            Self::MediaVideoMaxS | Self::MediaVoiceMaxS => {
                "rights::what_lasts_too_long_is_refused_by_its_key"
            }
            Self::ShareOpenExternal | Self::ShareScreenshots | Self::ShareClipboard => {
                "rights::what_of_the_contents_may_leave_the_screen"
            }
            Self::ShareReason
            | Self::SharePurposes
            | Self::ShareClassificationCeiling
            | Self::ShareReleasableTo => "stating::why_how_secret_and_with_whom",
            Self::ShareExport => "rights::conversations_are_written_out_where_policy_lets_them",
            Self::RoomsGuests => "rights::guests_come_in_where_policy_lets_them",
            Self::RoomsBroadcastCreate | Self::AccountReadonlyProfile | Self::OrgName => {
                "rights::a_refusal_says_whose_rule_it_is"
            }
            Self::LogLevel => "rights::the_log_says_no_more_than_policy_lets_it",
            Self::NetMeteredSync | Self::MediaAutoDownload => {
                "surroundings::what_costs_is_not_fetched_where_policy_says_so"
            }
            Self::DeviceMinOsAndroid | Self::DeviceMinOsIos | Self::DeviceIntegrity => {
                "surroundings::an_old_or_manipulated_system_is_refused"
            }
            Self::AccountMaxAccounts | Self::AccountLoginHint => {
                "surroundings::who_is_proposed_and_how_many_may_sign_in"
            }
            Self::LockTimeoutS | Self::LockBiometric => {
                "screen::an_unused_screen_hides_contents_and_duty_goes_on"
            }
            Self::LockSealAfterMin => "screen::unused_for_long_the_profile_is_sealed",
            Self::OrgPolicyKeys => "policy::a_signed_bundle_holds_and_never_goes_back",
            Self::LockRequired
            | Self::LockKind
            | Self::LockMinLength
            | Self::LockBlockSimple
            | Self::LockMaxAgeDays
            | Self::LockHistory => "lock::what_policy_demands_of_a_pin",
            Self::LockMaxAttempts | Self::LockOnMaxAttempts => "lock::after_the_last_attempt_nothing_is_left",
            Self::AppMinVersion | Self::AppStoreUrl => {
                "policy::an_old_version_only_says_where_the_new_one_is"
            }
            Self::LocationMapUrl => "maps::a_map_comes_from_where_policy_says_and_from_nowhere_else",
            Self::LocationMinIntervalS => "sharing::positions_leave_no_more_often_than_allowed",
            Self::DataMessageDays
            | Self::DataFileDays
            | Self::DataFloorDays
            | Self::DataHonourRoomRetention => {
                "retention::what_policy_says_of_messages_files_rooms_and_the_floor_holds"
            }
            Self::DataOfflineWipeH => "lock::out_of_reach_for_too_long_nothing_is_left",
            Self::DataLocalMedia | Self::DataCacheMb => "contents::what_is_kept_obeys_policy",
            Self::ShareCaptureInfo | Self::ShareKeepOriginal => {
                "originals::policy_decides_what_of_a_photo_goes_along"
            }
            Self::DataKeyBackup | Self::DataRecoveryMinLength => "recovery::what_policy_says_of_the_backup",
            Self::E2eeExcludeUnverified => "trust::unverified_devices_get_no_key_where_policy_says_so",
            Self::PushGatewayUrl => {
                "push::the_server_wakes_the_phone_through_the_organisations_own_gateway_alone"
            }
            Self::NetProxyUrl => "way::all_goes_through_the_proxy_that_policy_names",
            Self::LockRemoteShare | Self::LockShareUrl | Self::LockOfflineGraceMin => {
                "share::half_of_the_key_is_fetched_to_unlock"
            }
            Self::AuditUpload | Self::OrgAuditRecipients => {
                "audit::what_was_refused_is_told_to_whom_policy_names"
            }
            Self::DataPersistence => "ephemeral::nothing_outlives_the_process_that_signed_in",
            Self::AuditEnabled => "policy::what_was_refused_is_kept",
            _ => "policy::every_enforced_key_stops_its_action",
        })
    }
}
