//! Which servers are believed: the authorities of the system and of the organisation, the keys that are pinned, and how
//! old TLS may be.

use std::fmt;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
    SupportedProtocolVersion,
};
use rustls_platform_verifier::Verifier;

use super::error::NetError;

/// Which servers are believed, and by which way they are reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Certificates (PEM) of authorities that are believed besides the system's.
    pub authorities: Vec<String>,
    /// SHA-256 of public keys (SPKI), one of which a certificate of the server's has to have. `None`: any; none at all:
    /// nobody is believed.
    pub pins: Option<Vec<[u8; 32]>>,
    /// TLS 1.3 and nothing older.
    pub newest_only: bool,
    /// Address of the one proxy that all goes through, and nothing around it.
    pub proxy: Option<String>,
}

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.authorities.len();
        match count {
            0 => write!(f, "the system's authorities")?,
            1 => write!(f, "the system's authorities and one of policy")?,
            _ => write!(f, "the system's authorities and {count} of policy")?,
        }
        match self.pins.as_deref() {
            None => {}
            Some([]) => write!(f, ", but no key at all")?,
            Some(pins) => write!(f, ", {} pinned", pins.len())?,
        }
        if self.newest_only {
            write!(f, ", TLS 1.3 alone")?;
        }
        match &self.proxy {
            Some(proxy) => write!(f, ", through {proxy}"),
            None => Ok(()),
        }
    }
}

impl Trust {
    /// Says whether this is the certificate (PEM) of an authority.
    pub fn is_authority(pem: &str) -> bool {
        let mut roots = RootCertStore::empty();
        CertificateDer::from_pem_slice(pem.as_bytes()).is_ok_and(|certificate| roots.add(certificate).is_ok())
    }

    pub(super) fn config(&self) -> Result<ClientConfig, NetError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let unusable = |error: Error| NetError::BadAddress(format!("TLS cannot be set up: {error}"));
        let both: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];
        let versions = if self.newest_only { both.get(..1).unwrap_or(both) } else { both };
        let checker = Checker {
            own: self.own(&provider)?,
            // A machine without any authority of its own is no reason not to believe the organisation's.
            platform: match Verifier::new(provider.clone()) {
                Err(error) if self.authorities.is_empty() => return Err(unusable(error)),
                other => other.ok(),
            },
            pins: self.pins.clone(),
            provider: provider.clone(),
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(unusable)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(checker))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    fn own(&self, provider: &Arc<CryptoProvider>) -> Result<Option<Arc<WebPkiServerVerifier>>, NetError> {
        if self.authorities.is_empty() {
            return Ok(None);
        }
        let unreadable =
            || NetError::BadAddress("a certificate in server.ca_certificates cannot be read".to_owned());
        let mut roots = RootCertStore::empty();
        for pem in &self.authorities {
            let mut found = false;
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                roots.add(certificate.map_err(|_| unreadable())?).map_err(|_| unreadable())?;
                found = true;
            }
            if !found {
                return Err(unreadable());
            }
        }
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .map(Some)
            .map_err(|_| unreadable())
    }
}

/// Asks the organisation's authorities, then the system's; then looks at the pins.
#[derive(Debug)]
struct Checker {
    own: Option<Arc<WebPkiServerVerifier>>,
    platform: Option<Verifier>,
    pins: Option<Vec<[u8; 32]>>,
    provider: Arc<CryptoProvider>,
}

/// A chain that is good and has none of the pinned keys.
#[derive(Debug)]
struct NotPinned;

impl fmt::Display for NotPinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server's certificate has none of the keys in server.spki_pins")
    }
}

impl std::error::Error for NotPinned {}

impl ServerCertVerifier for Checker {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let ask = |verifier: &dyn ServerCertVerifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        let by_own = self.own.as_ref().map(|own| ask(&**own));
        let verified = match (by_own, &self.platform) {
            (Some(Ok(verified)), _) => verified,
            (_, Some(platform)) => ask(platform)?,
            (Some(Err(error)), None) => return Err(error),
            (None, None) => return Err(CertificateError::UnknownIssuer.into()),
        };
        let Some(pins) = &self.pins else { return Ok(verified) };
        let pinned = |certificate: &CertificateDer<'_>| {
            ParsedCertificate::try_from(certificate)
                .is_ok_and(|parsed| pins.contains(&sha256(&parsed.subject_public_key_info())))
        };
        if pinned(end_entity) || intermediates.iter().any(pinned) {
            Ok(verified)
        } else {
            Err(CertificateError::Other(OtherError(Arc::new(NotPinned))).into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::Trust;

    #[test]
    fn what_is_no_certificate_is_said_to_be_none() {
        for bad in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            let trust = Trust { authorities: vec![bad.to_owned()], ..Trust::default() };
            let error = trust.config().expect_err("refused").to_string();
            assert!(error.contains("server.ca_certificates"), "{error}");
            assert!(!Trust::is_authority(bad));
        }
    }
}
