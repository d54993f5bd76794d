//! By what names systems call the fields of a dossier, and what they call people.
//!
//! Owns: the names.
//! Never: values.
//! Reads next: `column.rs`.

use unicode_normalization::UnicodeNormalization;

/// The fields of a dossier with their names, the best first. Of several columns the first with a value is taken.
pub(super) const DOSSIER: [(&str, &[&str]); 14] = [
    ("code", &["Mã hồ sơ", "Số hồ sơ", "Mã HS", "dossierCode"]),
    ("procedure", &["Mã TTHC", "Mã thủ tục", "procedureCode"]),
    ("procedure_name", &["Tên TTHC", "Tên thủ tục", "Thủ tục"]),
    ("field", &["Tên lĩnh vực", "Lĩnh vực", "Mã lĩnh vực"]),
    (
        "unit",
        &[
            "Đơn vị xử lý",
            "Đơn vị tiếp nhận",
            "Mã đơn vị",
            "Tên đơn vị",
            "Đơn vị",
        ],
    ),
    (
        "channel",
        &[
            "Hình thức",
            "Hình thức nộp",
            "Hình thức tiếp nhận",
            "Kênh tiếp nhận",
        ],
    ),
    ("status", &["Trạng thái hồ sơ", "Trạng thái", "Tình trạng"]),
    (
        "received_at",
        &["Ngày tiếp nhận", "Ngày nhận", "receivedAt"],
    ),
    (
        "due_at",
        &["Ngày hẹn trả", "Hạn trả", "Hẹn trả", "Ngày hẹn", "dueAt"],
    ),
    ("original_due_at", &["Ngày hẹn trả trước"]),
    (
        "finished_at",
        &[
            "Ngày kết thúc xử lý",
            "Ngày trả",
            "Ngày trả kết quả",
            "finishedAt",
        ],
    ),
    ("stopped_at", &["Ngày bổ sung"]),
    ("updated_at", &["Ngày cập nhật", "updatedAt", "modifiedAt"]),
    // Not a field of ours: its column tells a total from a row.
    ("", &["STT"]),
];

/// What tells of a person, anywhere in a name.
const PERSONAL: [&str; 18] = [
    "chuhoso",
    "hoten",
    "hovaten",
    "nguoinop",
    "nguoidung",
    "congdan",
    "dienthoai",
    "sdt",
    "phone",
    "email",
    "diachi",
    "address",
    "cccd",
    "cmnd",
    "cmt",
    "dinhdanhcanhan",
    "ngaysinh",
    "trichyeu",
];

/// Columns of exports that hold people.
pub(super) const PERSONAL_COLUMNS: [&str; 14] = [
    "Chủ hồ sơ",
    "Họ tên",
    "Họ và tên",
    "Tên chủ hồ sơ",
    "Người nộp",
    "Số điện thoại",
    "Điện thoại",
    "SĐT",
    "Email",
    "Địa chỉ",
    "CCCD",
    "CMND",
    "Số CCCD",
    "Trích yếu hồ sơ",
];

/// The words of the national portal for its codes.
const STATUSES: [(&str, i64); 12] = [
    ("moidangky", 1),
    ("duoctiepnhan", 2),
    ("datiepnhan", 2),
    ("khongduoctiepnhan", 3),
    ("dangxuly", 4),
    ("yeucaubosunggiayto", 5),
    ("yeucauthuchiennghiavutaichinh", 6),
    ("congdanyeucauruthoso", 7),
    ("dungxuly", 8),
    ("daxulyxong", 9),
    ("datraketqua", 10),
    ("daxuly", 9),
];

const CHANNELS: [(&str, &str); 10] = [
    ("0", "direct"),
    ("1", "online"),
    ("2", "postal"),
    ("tructiep", "direct"),
    ("tructuyen", "online"),
    ("online", "online"),
    ("direct", "direct"),
    ("buuchinh", "postal"),
    ("bcci", "postal"),
    ("buuchinhcongich", "postal"),
];

/// Letters and digits alone: `NgayHenTra`, `ngay_hen_tra` and `Ngày hẹn trả` are the same name.
pub(super) fn plain(name: &str) -> String {
    let letters = name.nfd().flat_map(char::to_lowercase);
    let letters = letters.map(|c| if c == 'đ' { 'd' } else { c });
    letters.filter(char::is_ascii_alphanumeric).collect()
}

pub(super) fn is_personal(name: &str) -> bool {
    let name = plain(name);
    PERSONAL.iter().any(|word| name.contains(word))
}

pub(super) fn status(word: &str) -> Option<i64> {
    let word = plain(word);
    STATUSES
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, code)| *code)
}

pub(super) fn channel(word: &str) -> Option<&'static str> {
    let word = plain(word);
    CHANNELS
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, channel)| *channel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_however_they_are_written() {
        for name in [
            "NgayHenTra",
            "ngay_hen_tra",
            "Ngày hẹn trả",
            "NGÀY  HẸN TRẢ",
        ] {
            assert_eq!(plain(name), "ngayhentra");
        }
        assert_eq!(plain("Đơn vị"), "donvi");
        for name in [
            "ChuHoSo",
            "Họ và tên",
            "SoDienThoai",
            "Địa chỉ thường trú",
            "Số CCCD",
            "email_lien_he",
        ] {
            assert!(is_personal(name), "{name}");
        }
        assert!(!is_personal("Tên TTHC") && !is_personal("Mã hồ sơ"));
    }
}
