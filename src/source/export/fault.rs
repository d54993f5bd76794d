//! What can be wrong with a file as a whole.
//!
//! Owns: the words for it, and what to do about each.
//! Never: what is wrong with one row (`mapping`).
//! Reads next: `../export.rs`.

use std::io;

/// Why a file cannot be read. Messages name columns, sheets and rows, never what stands in a row.
#[derive(Debug, thiserror::Error)]
pub enum ExportFault {
    #[error("the file cannot be read: {0}")]
    Read(#[from] io::Error),
    #[error("{what} is larger than {} MB", limit / 1024 / 1024)]
    TooLarge { what: &'static str, limit: u64 },
    #[error("the file unpacks to more than {} MB, far more than its size on disk", limit / 1024 / 1024)]
    Bomb { limit: u64 },
    #[error("sheet `{sheet}` has more than {limit} {what}")]
    TooMany {
        sheet: String,
        what: &'static str,
        limit: u64,
    },
    #[error("this is not a whole {shape} file: {cause}")]
    Broken { shape: &'static str, cause: String },
    #[error("the workbook is protected by a password")]
    Password,
    #[error("this is {what}, not a table")]
    NotATable { what: &'static str },
    #[error("the file is empty")]
    Empty,
    #[error("the file changed while it was read")]
    Changed,
    #[error("the table has a heading and no row, though the file is to be the whole list")]
    NoRows,
    #[error("the encoding of the text is doubtful: {0}")]
    Encoding(String),
    #[error("which character parts the columns is doubtful")]
    Separator,
    #[error("there is no sheet `{wanted}`; there are {there}")]
    NoSheet { wanted: String, there: String },
    #[error("no row names the columns {missing}{where_}; {nearest}")]
    NoHeading {
        missing: String,
        /// ` in sheet `…`` or nothing.
        where_: String,
        /// What stood there instead.
        nearest: String,
    },
    #[error("two columns are called `{name}`: {columns}{where_}")]
    TwoColumns {
        name: String,
        columns: String,
        where_: String,
    },
}

impl ExportFault {
    /// What the person who made the file can do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Read(_) => {
                "check that the file is not open elsewhere and may be read, then put it back"
            }
            Self::TooLarge { .. } | Self::Bomb { .. } | Self::TooMany { .. } => {
                "export a shorter period, or delete what stands far outside the table, and save again"
            }
            Self::Broken { .. } => "the file was cut off or damaged: export it again",
            Self::Password => "save it without a password",
            Self::NotATable { .. } => "export the list as XLSX or CSV",
            Self::Empty | Self::NoRows => "export it again",
            Self::Changed => "copy it there in one go",
            Self::Encoding(_) => {
                "save it as \"CSV UTF-8\" or XLSX, or state `encoding` in the source's file"
            }
            Self::Separator => "state `separator` in the source's file, or save as XLSX",
            Self::NoSheet { .. } => {
                "name the sheet as the source's file does, or correct `sheet` there"
            }
            Self::NoHeading { .. } => {
                "export the list with these columns, or add their new names to the source's file"
            }
            Self::TwoColumns { .. } => {
                "rename one of them, or name the other more fully in the source's file"
            }
        }
    }

    /// What is wrong and what to do, for the people who export: `(lý do, cách xử lý)`.
    #[must_use]
    pub fn in_vietnamese(&self) -> (String, &'static str) {
        let smaller = "xuất khoảng thời gian ngắn hơn, hoặc xóa phần nằm ngoài bảng và lưu lại";
        let again = "xuất lại tệp";
        match self {
            Self::Read(_) => (
                "không mở được tệp".to_owned(),
                "đóng tệp ở chương trình khác",
            ),
            Self::Changed => (
                "tệp bị thay đổi trong khi đọc".to_owned(),
                "chép lại tệp một lần cho xong",
            ),
            Self::TooLarge { .. } => ("tệp hoặc một ô trong tệp quá lớn".to_owned(), smaller),
            Self::Bomb { .. } => (
                "tệp nén bung ra quá lớn so với dung lượng".to_owned(),
                smaller,
            ),
            Self::TooMany { .. } => ("bảng có quá nhiều ô hoặc quá nhiều cột".to_owned(), smaller),
            Self::Broken { .. } => ("tệp bị hỏng hoặc bị cắt giữa chừng".to_owned(), again),
            Self::Password => (
                "tệp được bảo vệ bằng mật khẩu".to_owned(),
                "lưu lại không có mật khẩu",
            ),
            Self::NotATable { .. } => (
                "tệp không phải là bảng".to_owned(),
                "xuất danh sách ra XLSX hoặc CSV",
            ),
            Self::Empty => ("tệp rỗng".to_owned(), again),
            Self::NoRows => ("bảng chỉ có tiêu đề, không có dòng nào".to_owned(), again),
            Self::Encoding(_) => (
                "không xác định được bảng mã của tệp".to_owned(),
                "lưu dưới dạng \"CSV UTF-8\" hoặc XLSX",
            ),
            Self::Separator => (
                "không xác định được dấu ngăn cột".to_owned(),
                "lưu dưới dạng XLSX",
            ),
            Self::NoSheet { wanted, .. } => (
                format!("không có trang tính `{wanted}`"),
                "đặt lại tên trang tính",
            ),
            Self::NoHeading { missing, .. } => (
                format!("không tìm thấy các cột {missing}"),
                "xuất danh sách có đủ các cột này",
            ),
            Self::TwoColumns { name, columns, .. } => (
                format!("có hai cột cùng tên `{name}` ({columns})"),
                "đổi tên một trong hai cột",
            ),
        }
    }

    /// Whether the same file may be readable later.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Read(_) | Self::Changed)
    }
}
