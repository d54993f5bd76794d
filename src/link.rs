//! Signed, expiring links: whoever holds one may answer the letter it belongs to, and nothing else.
//!
//! Owns: how a link is signed and read; its key, made where there is none.
//! Never: what is answered (`web`); a link that lasts for ever.
//! Reads next: `job/round.rs`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chrono::NaiveDate;
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::ExposeSecret as _;

use crate::config::secret::{SecretError, SecretSource};
use crate::config::settings::Web;

/// What signs links.
pub struct Key(hmac::Key);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

/// What a link says: this letter may be answered until the end of that day. A letter goes to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub message_id: String,
    pub until: NaiveDate,
}

#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("this link is not one of ours, or was changed on its way")]
    Forged,
    #[error("this link was open until {0}")]
    Expired(NaiveDate),
    #[error("the key of the links: {0}")]
    Key(#[from] SecretError),
    #[error("the key of the links cannot be made in `{file}`: {error}")]
    NotMade {
        file: PathBuf,
        error: std::io::Error,
    },
}

impl Key {
    /// The key that the settings name. A file that does not exist is made, readable by this user only.
    ///
    /// # Errors
    /// When the file cannot be read or made.
    pub fn open(web: &Web, site: &Path) -> Result<Self, LinkError> {
        if let SecretSource::File(file) = &web.key
            && !site.join(file).exists()
        {
            make(&site.join(file)).map_err(|error| LinkError::NotMade {
                file: file.clone(),
                error,
            })?;
        }
        Ok(Self::of(web.key.reveal(site)?.expose_secret()))
    }

    fn of(secret: &str) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
    }

    /// The link's last part. The same claim gives the same text.
    #[must_use]
    pub fn sign(&self, claim: &Claim) -> String {
        let said = format!("{}\n{}", claim.until, claim.message_id);
        let tag = hmac::sign(&self.0, said.as_bytes());
        format!("{}.{}", BASE64.encode(said), BASE64.encode(tag))
    }

    /// What a link says, if it is ours and still open `today`.
    ///
    /// # Errors
    /// `Forged` or `Expired`.
    pub fn read(&self, token: &str, today: NaiveDate) -> Result<Claim, LinkError> {
        let claim = self.claim(token).ok_or(LinkError::Forged)?;
        if today > claim.until {
            return Err(LinkError::Expired(claim.until));
        }
        Ok(claim)
    }

    fn claim(&self, token: &str) -> Option<Claim> {
        let (said, tag) = token.split_once('.')?;
        let (said, tag) = (BASE64.decode(said).ok()?, BASE64.decode(tag).ok()?);
        hmac::verify(&self.0, &said, &tag).ok()?;
        let said = String::from_utf8(said).ok()?;
        let (until, message_id) = said.split_once('\n')?;
        Some(Claim {
            message_id: message_id.to_owned(),
            until: until.parse().ok()?,
        })
    }
}

fn make(file: &Path) -> std::io::Result<()> {
    let mut secret = [0; 32];
    SystemRandom::new()
        .fill(&mut secret)
        .map_err(|_| std::io::Error::other("the machine gives no random numbers"))?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // Complete under its name or not there at all: a key that was cut off would stop every letter.
    let draft = file.with_extension(format!("{}.new", std::process::id()));
    let written = write_key(&draft, &BASE64.encode(secret));
    let made = written.and_then(|()| std::fs::hard_link(&draft, file));
    std::fs::remove_file(&draft).ok();
    match made {
        // Another process was faster: its key is as good.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

fn write_key(draft: &Path, key: &str) -> std::io::Result<()> {
    let mut made = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(draft)?;
    made.write_all(key.as_bytes())?;
    made.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim() -> Claim {
        Claim {
            message_id: "0f3a@longbien.example".into(),
            until: "2020-07-01".parse().unwrap(),
        }
    }

    #[test]
    fn a_link_says_what_was_signed_until_its_last_day() {
        let key = Key::of("secret");
        let token = key.sign(&claim());
        let today = |day: &str| day.parse::<NaiveDate>().unwrap();
        assert_eq!(key.read(&token, today("2020-07-01")).unwrap(), claim());
        let late = key.read(&token, today("2020-07-02"));
        assert!(matches!(late, Err(LinkError::Expired(_))));
        assert!(
            token
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        );
    }

    #[test]
    fn a_changed_link_and_one_of_another_site_are_not_ours() {
        let key = Key::of("secret");
        let token = key.sign(&claim());
        let day = "2020-06-01".parse().unwrap();
        let (_, tag) = token.split_once('.').unwrap();
        let other = BASE64.encode("2099-07-01\n0f3a@longbien.example");
        for forged in [
            format!("{other}.{tag}"),
            Key::of("another").sign(&claim()),
            token.replace('.', ""),
            String::new(),
        ] {
            assert!(
                matches!(key.read(&forged, day), Err(LinkError::Forged)),
                "{forged}"
            );
        }
    }

    #[test]
    fn a_key_is_made_once_and_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let site = tempfile::tempdir().unwrap();
        let web = Web {
            listen: None,
            url: None,
            links_expire: std::time::Duration::from_secs(1),
            key: SecretSource::File("data/links.key".into()),
        };
        let first = Key::open(&web, site.path()).unwrap().sign(&claim());
        let again = Key::open(&web, site.path()).unwrap().sign(&claim());
        assert_eq!(first, again);
        let file = site.path().join("data/links.key");
        let mode = std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
