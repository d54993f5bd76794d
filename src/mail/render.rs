/// x
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered { pub subject: String, pub text: String, pub html: String }
