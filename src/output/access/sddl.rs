//! An access list in words: Microsoft's security descriptor definition language (MS-DTYP 2.5.1), as far as the question
//! who may read a file needs it.

/// Who may read everything anyway, or stands for the owner: the owner's rights, the creator, SYSTEM, the Administrators
/// of the machine and of the domain, and the account named Administrator. Entries for apps only narrow what their user
/// may do.
const NOT_OTHERS: [&str; 9] = ["OW", "CO", "SY", "BA", "DA", "LA", "S-1-3-0", "S-1-3-4", "S-1-5-18"];

/// Codes of rights that hold the right to read (0x1) or the generic ones for it. `CC` and the `K`s name other things of
/// other objects with the same bit, but that is how a file's bare bit is written too.
const READING: [&str; 7] = ["FA", "FR", "GA", "GR", "CC", "KA", "KR"];
const READING_BITS: u32 = 0x1 | 0x8000_0000 | 0x1000_0000;

/// True if `descriptor`, with owner and access list, lets someone read beside its owner, `user` and administrators.
///
/// What is not understood counts as letting read.
pub(super) fn lets_others_read(descriptor: &str, user: &str) -> bool {
    let Some((owner, list)) = descriptor.split_once("D:") else { return true };
    let owner = owner.trim_start_matches("O:").split("G:").next().unwrap_or_default();
    if list.split('(').next().is_some_and(|flags| flags.contains("NO_ACCESS_CONTROL")) {
        return true;
    }
    let is_app = |who: &str| who == "AC" || who.starts_with("S-1-15-2-") || who.starts_with("S-1-15-3-");
    let is_other = |who: &str| who != owner && who != user && !NOT_OTHERS.contains(&who) && !is_app(who);
    list.split('(').skip(1).any(|entry| {
        let mut fields = entry.trim_end_matches(')').split(';');
        let mut field = || fields.next().unwrap_or_default();
        let (kind, flags, rights) = (field(), field(), field());
        let who = fields.nth(2).unwrap_or_default();
        let allows = matches!(kind, "A" | "OA" | "XA" | "ZA");
        // Meant for what is in a folder alone.
        let is_inherit_only = pairs(flags).any(|flag| flag == "IO");
        allows && !is_inherit_only && may_read(rights) && is_other(who)
    })
}

fn may_read(rights: &str) -> bool {
    match rights.strip_prefix("0x").map(|digits| u32::from_str_radix(digits, 16)) {
        Some(Ok(bits)) => bits & READING_BITS != 0,
        Some(Err(_)) => true,
        None => pairs(rights).any(|code| READING.contains(&code)),
    }
}

fn pairs(codes: &str) -> impl Iterator<Item = &str> {
    (0..codes.len()).step_by(2).filter_map(|at| codes.get(at..at + 2))
}

#[cfg(test)]
mod tests {
    use super::lets_others_read;

    const USER: &str = "S-1-5-21-1004336348-1177238915-682003330-1001";

    fn judge(list: &str) -> bool {
        lets_others_read(&format!("O:{USER}{list}"), USER)
    }

    #[test]
    fn owner_system_and_administrators_are_no_others() {
        for list in [
            format!("D:P(A;;FA;;;{USER})(A;;FA;;;SY)(A;;FA;;;BA)"),
            format!("D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;FA;;;{USER})"),
            "D:P(A;;FA;;;OW)".into(),
            "D:P".into(),
            "D:(A;;FA;;;AC)(A;;FR;;;S-1-15-2-2)".into(),
            // May run, may write, may list what is below: not read.
            "D:(A;;0x1200a0;;;WD)(A;;FW;;;AU)(A;OICIIO;FA;;;BU)(D;;FA;;;WD)".into(),
        ] {
            assert!(!judge(&list), "{list}");
        }
    }

    #[test]
    fn others_are_found() {
        for list in [
            "D:NO_ACCESS_CONTROL",
            "D:AINO_ACCESS_CONTROL",
            "",
            "D:(A;;FR;;;WD)",
            "D:PAI(A;;FA;;;SY)(A;ID;0x1200a9;;;BU)",
            "D:AI(A;ID;0x1301bf;;;AU)",
            "D:(A;;SDCC;;;S-1-5-21-1-2-3-1002)",
            "D:(A;;0xzz;;;WD)",
            r#"D:(XA;;FR;;;WD;(@User.Title == "PM"))"#,
        ] {
            assert!(judge(list), "{list}");
        }
    }

    #[test]
    fn the_user_may_be_another_than_the_owner() {
        assert!(!lets_others_read(&format!("O:BAD:(A;;FA;;;{USER})"), USER));
        assert!(!lets_others_read("O:LAG:DUD:(A;;FA;;;LA)", USER));
        assert!(lets_others_read(&format!("O:BAD:(A;;FA;;;{USER}2)"), USER));
    }
}
