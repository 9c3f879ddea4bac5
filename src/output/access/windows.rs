//! Access lists.
#![expect(unsafe_code, reason = "the standard library makes no file with an access list of its own, and reads none")]
#![expect(clippy::disallowed_methods, reason = "files are created here, and opened to see who may read them")]

use std::ffi::{OsStr, OsString, c_void};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::windows::ffi::{OsStrExt, OsStringExt};
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::{Component, Path, PathBuf, Prefix};
use std::ptr::null_mut;

use windows_sys::Win32::Foundation::{
    ERROR_LOCK_VIOLATION, ERROR_SHARING_VIOLATION, ERROR_SUCCESS, GENERIC_READ, GENERIC_WRITE, INVALID_HANDLE_VALUE,
    LocalFree,
};
use windows_sys::Win32::Security::Authorization::{
    ConvertSecurityDescriptorToStringSecurityDescriptorW, ConvertSidToStringSidW,
    ConvertStringSecurityDescriptorToSecurityDescriptorW, GetSecurityInfo, SDDL_REVISION_1, SE_FILE_OBJECT,
};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GetTokenInformation, OWNER_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION,
    SECURITY_ATTRIBUTES, SECURITY_MAX_SID_SIZE, SetFileSecurityW, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows_sys::Win32::Storage::FileSystem::{
    CREATE_NEW, CreateDirectoryW, CreateFileW, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_DELETE, FILE_SHARE_READ,
    FILE_SHARE_WRITE,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

use super::sddl;
use crate::output::{Visibility, target};

/// The groups that others are in (Everyone, Authenticated Users, Users) lose their entries, the user gets one. All by
/// number: names differ from language to language, `%USERNAME%` is for cmd alone and `$env:USERNAME` for PowerShell.
pub(super) fn closing_command() -> String {
    // Without the user's number the owner's rights (S-1-3-4), which are nearly always the user's.
    let user = user().unwrap_or_else(|_| "S-1-3-4".to_owned());
    format!("icacls FILE /inheritance:r /remove:g *S-1-1-0 *S-1-5-11 *S-1-5-32-545 /grant:r *{user}:F")
}

/// Creates a file to be staged: a secret with its final access list, anything else with its folder's.
pub(in crate::output) fn create(path: &Path, visibility: Visibility) -> io::Result<File> {
    if visibility == Visibility::Public {
        return OpenOptions::new().read(true).write(true).create_new(true).open(path);
    }
    let list = AccessList::private(Reach::ThisFile)?;
    let attributes = list.attributes();
    let path = wide(path.as_os_str());
    // The standard library shares files in the same way, so that one that is open can be renamed.
    let share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    // SAFETY: the path ends in a zero, and it and the attributes outlive the call.
    let handle = unsafe {
        CreateFileW(
            path.as_ptr(),
            GENERIC_READ | GENERIC_WRITE,
            share,
            &attributes,
            CREATE_NEW,
            FILE_ATTRIBUTE_NORMAL,
            null_mut(),
        )
    };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has just made this handle, and nobody else has it.
    Ok(File::from(unsafe { OwnedHandle::from_raw_handle(handle) }))
}

/// The one full name of a folder that is there, in the form for which no name in it is too long: after `\\?\`.
pub(in crate::output) fn full_name(folder: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(folder).or_else(|error| match fs::metadata(folder) {
        // Some drives, made of memory or in a network, cannot tell the full names of what is on them.
        Ok(_) => Ok(verbatim(&std::path::absolute(folder)?)),
        Err(_) => Err(error),
    })
}

/// An absolute path in the form that may be longer than 260 characters.
fn verbatim(path: &Path) -> PathBuf {
    let mut parts = path.components();
    let start = match parts.next() {
        Some(Component::Prefix(prefix)) => match prefix.kind() {
            Prefix::Disk(letter) => OsString::from(format!(r"\\?\{}:\", char::from(letter))),
            Prefix::UNC(server, share) => {
                [OsStr::new(r"\\?\UNC\"), server, OsStr::new(r"\"), share].into_iter().collect()
            }
            _ => return path.to_owned(),
        },
        _ => return path.to_owned(),
    };
    parts.filter(|part| *part != Component::RootDir).fold(PathBuf::from(start), |path, part| path.join(part))
}

/// Makes a folder that only its owner can enter, as the files that others make in it.
pub(in crate::output) fn make_private_folder(path: &Path) -> io::Result<()> {
    let list = AccessList::private(Reach::WithContents)?;
    let attributes = list.attributes();
    // A folder's name may be no longer than 247 characters unless it is absolute and marked so.
    let above = full_name(target::folder_of(path))?;
    let path = wide(above.join(path.file_name().unwrap_or_default()).as_os_str());
    // SAFETY: the path ends in a zero, and it and the attributes outlive the call.
    match unsafe { CreateDirectoryW(path.as_ptr(), &attributes) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Closes a file that was moved into a closed folder: on Windows it keeps its own list, and whoever knows its name
/// needs no right to the folder. What cannot be closed is no worse off than it was.
pub(in crate::output) fn close_to_others(path: &Path, _: Visibility) {
    let (Ok(list), Ok(folder)) = (AccessList::private(Reach::ThisFile), full_name(target::folder_of(path))) else {
        return;
    };
    let path = wide(folder.join(path.file_name().unwrap_or_default()).as_os_str());
    let what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
    // SAFETY: the path ends in a zero, and it and the descriptor outlive the call.
    unsafe { SetFileSecurityW(path.as_ptr(), what, list.0.0) };
}

pub(super) fn is_held(error: &io::Error) -> bool {
    let codes = [ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION].map(|code| Some(code.cast_signed()));
    codes.contains(&error.raw_os_error())
}

/// True for what a virus scanner or an indexer does to a file that has just been written: it has it open for a moment.
pub(in crate::output) fn is_momentary(error: &io::Error) -> bool {
    is_held(error) || error.kind() == io::ErrorKind::PermissionDenied
}

pub(super) fn is_readable_by_others(path: &Path) -> io::Result<bool> {
    let file = File::open(path)?;
    let what = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    let mut descriptor = Local(null_mut());
    // SAFETY: the file is open; what is not wanted is null; the descriptor is freed when it is dropped.
    let status = unsafe {
        GetSecurityInfo(
            file.as_raw_handle(),
            SE_FILE_OBJECT,
            what,
            null_mut(),
            null_mut(),
            null_mut(),
            null_mut(),
            &mut descriptor.0,
        )
    };
    if status != ERROR_SUCCESS {
        return Err(io::Error::from_raw_os_error(status.cast_signed()));
    }
    let text = text(|text| {
        // SAFETY: the descriptor comes from the call above; the text is freed by `text`.
        unsafe {
            ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor.0, SDDL_REVISION_1, what, text, null_mut())
        }
    })?;
    Ok(sddl::lets_others_read(&text, &user()?))
}

/// Who owns a file says nothing here: its access list does.
pub(super) fn is_own(_: &Metadata) -> bool {
    true
}

/// How far an access list goes.
#[derive(Clone, Copy)]
enum Reach {
    ThisFile,
    WithContents,
}

/// A security descriptor with an access list and nothing else.
struct AccessList(Local);

impl AccessList {
    /// The user, the owner, SYSTEM and the Administrators may do everything, nobody else anything, and nothing is
    /// inherited. The owner is named beside the user because a server may know the user by another number.
    fn private(reach: Reach) -> io::Result<Self> {
        let user = user()?;
        let flags = match reach {
            Reach::ThisFile => "",
            Reach::WithContents => "OICI",
        };
        let text = format!("D:P(A;{flags};FA;;;{user})(A;{flags};FA;;;OW)(A;{flags};FA;;;SY)(A;{flags};FA;;;BA)");
        let text = wide(OsStr::new(&text));
        let mut descriptor = Local(null_mut());
        // SAFETY: the text ends in a zero; the descriptor is freed when it is dropped.
        let made = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &mut descriptor.0,
                null_mut(),
            )
        };
        if made == 0 { Err(io::Error::last_os_error()) } else { Ok(Self(descriptor)) }
    }

    /// For a call that creates; borrows the descriptor.
    fn attributes(&self) -> SECURITY_ATTRIBUTES {
        SECURITY_ATTRIBUTES {
            nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
            lpSecurityDescriptor: self.0.0,
            bInheritHandle: 0,
        }
    }
}

/// The identifier (SID) of the user this process runs as: `S-1-5-21-..`.
fn user() -> io::Result<String> {
    let mut token = null_mut();
    // SAFETY: the pseudo-handle of the process needs no closing; the token's is closed when it is dropped.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: as above.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    // A TOKEN_USER, aligned, and the identifier it points to.
    const SIZE: usize = (size_of::<TOKEN_USER>() + SECURITY_MAX_SID_SIZE as usize).div_ceil(8);
    let mut buffer = [0_u64; SIZE];
    let mut length = 0;
    // SAFETY: the buffer is as large as is said.
    let filled = unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            TokenUser,
            buffer.as_mut_ptr().cast(),
            size_of_val(&buffer) as u32,
            &mut length,
        )
    };
    if filled == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has filled the buffer with a TOKEN_USER, whose identifier lies in the buffer too.
    let sid = unsafe { &*buffer.as_ptr().cast::<TOKEN_USER>() }.User.Sid;
    // SAFETY: the identifier is alive; the text is freed by `text`.
    text(|text| unsafe { ConvertSidToStringSidW(sid, text) })
}

/// Something the system has allocated.
struct Local(*mut c_void);

impl Drop for Local {
    fn drop(&mut self) {
        // SAFETY: the system allocated it for us to free, or it is null, which is allowed.
        unsafe { LocalFree(self.0) };
    }
}

/// The text that `convert`, a call which allocates one, gives.
fn text(convert: impl FnOnce(*mut *mut u16) -> i32) -> io::Result<String> {
    let mut text: *mut u16 = null_mut();
    if convert(&mut text) == 0 {
        return Err(io::Error::last_os_error());
    }
    let text = Local(text.cast());
    let start: *const u16 = text.0.cast_const().cast();
    // SAFETY: the system's texts end in a zero.
    let length = (0..).take_while(|&at| unsafe { *start.add(at) } != 0).count();
    // SAFETY: so many units have just been read.
    let units = unsafe { std::slice::from_raw_parts(start, length) };
    Ok(OsString::from_wide(units).to_string_lossy().into_owned())
}

/// `text` as the system's calls take it, with a zero at its end.
fn wide(text: &OsStr) -> Vec<u16> {
    text.encode_wide().chain(Some(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_names_may_be_long() {
        for (path, expected) in [
            (r"C:\keys\server", r"\\?\C:\keys\server"),
            (r"C:\", r"\\?\C:\"),
            (r"\\server\share\keys", r"\\?\UNC\server\share\keys"),
            (r"\\?\C:\keys", r"\\?\C:\keys"),
        ] {
            assert_eq!(verbatim(Path::new(path)), Path::new(expected), "{path}");
        }
    }
}
