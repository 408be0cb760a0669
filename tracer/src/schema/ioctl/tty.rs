//! Requests of terminals, pseudo-terminals, serial lines and virtual consoles.

use super::super::set::Set as Names;
use super::super::types::Join::{Arrow, Within};
use super::super::types::Len::Fixed;
use super::super::types::Special as S;
use super::super::types::Ty::{self, *};
use super::fs::number;
use super::keyboard::*;
use super::{INT, TO_INT};
use crate::schema::types::Device;
use crate::{records, requests, sets};

sets! {
    /// Of KDGETLED. include/uapi/linux/kd.h
    LED "LED_"
    bits: LED_SCR = 1, LED_NUM = 2, LED_CAP = 4;

    /// Of KDGKBTYPE. include/uapi/linux/kd.h
    KB "KB_"
    choice all: KB_84 = 1, KB_101 = 2, KB_OTHER = 3;

    /// Of KDSETMODE. include/uapi/linux/kd.h
    KD "KD_"
    choice all: KD_TEXT = 0, KD_GRAPHICS = 1, KD_TEXT0 = 2, KD_TEXT1 = 3;

    /// Of KDGKBMODE. include/uapi/linux/kd.h
    K "K_"
    choice all: K_RAW = 0, K_XLATE = 1, K_MEDIUMRAW = 2, K_UNICODE = 3, K_OFF = 4;

    /// Of KDGKBMETA. include/uapi/linux/kd.h
    K_META "K_"
    choice all: K_METABIT = 3, K_ESCPREFIX = 4;

    /// What is done with a font. include/uapi/linux/kd.h
    KD_FONT_OP "KD_FONT_OP_"
    choice all: KD_FONT_OP_SET = 0, KD_FONT_OP_GET = 1, KD_FONT_OP_SET_DEFAULT = 2, KD_FONT_OP_COPY = 3;

    /// How. include/uapi/linux/kd.h, drivers/video/console
    KD_FONT_FLAG "KD_FONT_FLAG_"
    bits: KD_FONT_FLAG_DONT_RECALC = 1, KD_FONT_FLAG_OLD = 0x80000000;

    /// Modem lines. include/uapi/asm-generic/termios.h
    TIOCM "TIOCM_"
    bits: TIOCM_LE = 1, TIOCM_DTR = 2, TIOCM_RTS = 4, TIOCM_ST = 8, TIOCM_SR = 0x10, TIOCM_CTS = 0x20, TIOCM_CAR = 0x40,
          TIOCM_RNG = 0x80, TIOCM_DSR = 0x100, TIOCM_OUT1 = 0x2000, TIOCM_OUT2 = 0x4000, TIOCM_LOOP = 0x8000;

    /// Queue selectors of TCFLSH. include/uapi/asm-generic/termbits-common.h
    TCFLSH_QUEUE "TC"
    choice all: TCIFLUSH = 0, TCOFLUSH = 1, TCIOFLUSH = 2;

    /// Actions of TCXONC. include/uapi/asm-generic/termbits-common.h
    TCXONC_ACTION "TC"
    choice all: TCOOFF = 0, TCOON = 1, TCIOFF = 2, TCION = 3;
}

/// Lights, and in the upper half those that are usual. include/uapi/linux/kd.h
static LED_BOTH: Names = Names {
    prefix: "LED_",
    mask: 0,
    marked: false,
    choice: &[],
    bits: &[
        ("LED_SCR", 1),
        ("LED_NUM", 2),
        ("LED_CAP", 4),
        ("LED_SCR<<4", 0x10),
        ("LED_NUM<<4", 0x20),
        ("LED_CAP<<4", 0x40),
    ],
};

records! {
    /// struct kbkeycode. include/uapi/linux/kd.h
    KBKEYCODE 8 same {
        scancode: 0 4 Hex32, keycode: 4 4 Hex32
    }
    /// struct kbd_repeat. include/uapi/linux/kd.h
    KBD_REPEAT 8 same {
        delay: 0 4 Int, period: 4 4 Int
    }
    /// struct kbd_repeat. include/uapi/linux/kd.h
    KBD_REPEAT_DONE 8 same {
        delay: 0 4 Int, period: 4 4 Int
    }
    /// struct unimapdesc. include/uapi/linux/kd.h
    UNIMAPDESC 16 same {
        entry_ct: 0 2 Uint, entries: 8 8 Addr
    }
    /// struct unimapinit. include/uapi/linux/kd.h
    UNIMAPINIT 6 same {
        advised_hashsize: 0 2 Uint, advised_hashstep: 2 2 Uint, advised_hashlevel: 4 2 Uint
    }
    /// struct consolefontdesc. include/uapi/linux/kd.h
    CONSOLEFONTDESC 16 same {
        charcount: 0 2 Uint, charheight: 2 2 Uint, chardata: 8 8 Addr
    }
    /// struct consolefontdesc. include/uapi/linux/kd.h
    CONSOLEFONTDESC_DONE 16 same {
        charcount: 0 2 Uint, charheight: 2 2 Uint, chardata: 8 8 Addr
    }
    /// struct console_font_op, of which each operation has its own members. include/uapi/linux/kd.h
    CONSOLE_FONT_OP 32 same {
        op: 0 4 Set32(&KD_FONT_OP), flags: 4 4 By(font_flags), width: 8 4 By(font_width), height: 12 4 Uint,
        charcount: 16 4 By(font_count), data: 24 8 By(font_data)
    }
    /// The same as it comes back.
    CONSOLE_FONT_OP_DONE 32 same { width: 8 4 Uint, height: 12 4 Uint, charcount: 16 4 Uint, data: 24 8 Addr }
    /// struct winsize. include/uapi/asm-generic/ioctls.h
    WINSIZE 8 same {
        ws_row: 0 2 Uint, ws_col: 2 2 Uint, ws_xpixel: 4 2 Uint, ws_ypixel: 6 2 Uint
    }
}

const FONT_SET_DEFAULT: u64 = KD_FONT_OP.value("KD_FONT_OP_SET_DEFAULT");
const FONT_COPY: u64 = KD_FONT_OP.value("KD_FONT_OP_COPY");

fn font_flags(op: &[u8]) -> &'static Ty {
    static FLAGS: Ty = Set32(&KD_FONT_FLAG);
    if matches!(number(op, 0, 4), FONT_SET_DEFAULT | FONT_COPY) { &Hidden } else { &FLAGS }
}

fn font_count(op: &[u8]) -> &'static Ty {
    if matches!(number(op, 0, 4), FONT_SET_DEFAULT | FONT_COPY) { &Hidden } else { &Uint }
}

fn font_width(op: &[u8]) -> &'static Ty {
    if number(op, 0, 4) == FONT_COPY { &Hidden } else { &Uint }
}

fn font_data(op: &[u8]) -> &'static Ty {
    if number(op, 0, 4) == FONT_COPY { &Hidden } else { &Addr }
}

requests! {
    /// include/uapi/asm-generic/ioctls.h, linux/kd.h
    TTY:
    KIOCSOUND = 0x4b2f => Special(S::Device(Device::Sound));
    KDMKTONE = 0x4b30 => Special(S::Device(Device::Tone));
    KDGETLED = 0x4b31 => Out(&Ptr(&Of(1, &Set(&LED))));
    KDSETLED = 0x4b32 => Of(1, &Set(&LED));
    KDGKBTYPE = 0x4b33 => Out(&Ptr(&Of(1, &Set(&KB))));
    KDENABIO = 0x4b36 => Hidden;
    KDDISABIO = 0x4b37 => Hidden;
    KDSETMODE = 0x4b3a => Set32(&KD);
    KDGETMODE = 0x4b3b => Out(&Ptr(&Set32(&KD)));
    KDMAPDISP = 0x4b3c => Hidden;
    KDUNMAPDISP = 0x4b3d => Hidden;
    GIO_SCRNMAP = 0x4b40 => Out(&HexBytes(Fixed(256)));
    PIO_SCRNMAP = 0x4b41 => HexBytes(Fixed(256));
    KDGKBMODE = 0x4b44 => Out(&Ptr(&Special(S::Device(Device::Signed(&K)))));
    KDSKBMODE = 0x4b45 => Special(S::Device(Device::Signed(&K)));
    KDGKBENT = 0x4b46 => Both(&KBENTRY_ASKED, Within, &KBENTRY_DONE);
    KDSKBENT = 0x4b47 => Rec(&KBENTRY);
    KDGKBDIACR = 0x4b4a => Out(&Rec(&KBDIACRS));
    KDSKBDIACR = 0x4b4b => Rec(&KBDIACRS);
    KDGETKEYCODE = 0x4b4c => Rec(&KBKEYCODE);
    KDSETKEYCODE = 0x4b4d => Rec(&KBKEYCODE);
    KDSIGACCEPT = 0x4b4e => Special(S::Device(Device::Signal));
    KDKBDREP = 0x4b52 => Both(&KBD_REPEAT, Arrow, &KBD_REPEAT_DONE);
    GIO_FONT = 0x4b60 => Out(&HexBytes(Fixed(8192)));
    PIO_FONT = 0x4b61 => HexBytes(Fixed(8192));
    KDGKBMETA = 0x4b62 => Out(&Ptr(&Set32(&K_META)));
    KDSKBMETA = 0x4b63 => Set32(&K_META);
    KDGKBLED = 0x4b64 => Out(&Ptr(&Of(1, &Set(&LED_BOTH))));
    KDSKBLED = 0x4b65 => Of(1, &Set(&LED_BOTH));
    GIO_UNIMAP = 0x4b66 => Rec(&UNIMAPDESC);
    PIO_UNIMAP = 0x4b67 => Rec(&UNIMAPDESC);
    PIO_UNIMAPCLR = 0x4b68 => Rec(&UNIMAPINIT);
    GIO_UNISCRNMAP = 0x4b69 => Out(&Array(&Of(2, &Hex), Fixed(256)));
    PIO_UNISCRNMAP = 0x4b6a => Array(&Of(2, &Hex), Fixed(256));
    GIO_FONTX = 0x4b6b => Both(&CONSOLEFONTDESC, Arrow, &CONSOLEFONTDESC_DONE);
    PIO_FONTX = 0x4b6c => Rec(&CONSOLEFONTDESC);
    PIO_FONTRESET = 0x4b6d => Hidden;
    GIO_CMAP = 0x4b70 => Out(&HexBytes(Fixed(48)));
    PIO_CMAP = 0x4b71 => HexBytes(Fixed(48));
    KDFONTOP = 0x4b72 => Both(&CONSOLE_FONT_OP, Arrow, &CONSOLE_FONT_OP_DONE);
    KDGKBDIACRUC = 0x4bfa => Out(&Rec(&KBDIACRSUC));
    KDSKBDIACRUC = 0x4bfb => Rec(&KBDIACRSUC);
    TCGETS = 0x5401 => Out(&Special(S::Termios)), harmless "a terminal";
    TCSETS = 0x5402 => Special(S::Termios), harmless "a terminal";
    TCSETSW = 0x5403 => Special(S::Termios), harmless "a terminal";
    TCSETSF = 0x5404 => Special(S::Termios), harmless "a terminal";
    TCGETA = 0x5405 => Out(&Special(S::Termio)), harmless "a terminal";
    TCSETA = 0x5406 => Special(S::Termio), harmless "a terminal";
    TCSETAW = 0x5407 => Special(S::Termio), harmless "a terminal";
    TCSETAF = 0x5408 => Special(S::Termio), harmless "a terminal";
    TCSBRK = 0x5409 => Int, harmless "a terminal";
    TCXONC = 0x540a => Set(&TCXONC_ACTION), harmless "a terminal";
    TCFLSH = 0x540b => Set(&TCFLSH_QUEUE), harmless "a terminal";
    TIOCEXCL = 0x540c => Hidden, harmless "a flag of a descriptor, a terminal, a counter";
    TIOCNXCL = 0x540d => Hidden, harmless "a flag of a descriptor, a terminal, a counter";
    TIOCSCTTY = 0x540e => Int, harmless "a terminal";
    TIOCGPGRP = 0x540f => Out(&Ptr(&Pgid)), harmless "a terminal";
    TIOCSPGRP = 0x5410 => Ptr(&Pgid), harmless "a terminal";
    TIOCOUTQ = 0x5411 => TO_INT, harmless "asks what a descriptor is, or has";
    TIOCSTI = 0x5412 => Bytes(Fixed(1)), gap "it is as if it had been typed: whoever reads the terminal carries it out";
    TIOCGWINSZ = 0x5413 => Out(&Rec(&WINSIZE)), harmless "a terminal";
    TIOCSWINSZ = 0x5414 => Rec(&WINSIZE), harmless "a terminal";
    TIOCMGET = 0x5415 => Out(&Ptr(&Set32(&TIOCM))), harmless "a terminal";
    TIOCMBIS = 0x5416 => Ptr(&Set32(&TIOCM)), harmless "a terminal";
    TIOCMBIC = 0x5417 => Ptr(&Set32(&TIOCM)), harmless "a terminal";
    TIOCMSET = 0x5418 => Ptr(&Set32(&TIOCM)), harmless "a terminal";
    TIOCGSOFTCAR = 0x5419 => TO_INT;
    TIOCSSOFTCAR = 0x541a => INT;
    FIONREAD = 0x541b => TO_INT, harmless "asks what a descriptor is, or has";
    TIOCCONS = 0x541d => Hidden, harmless "a flag of a descriptor, a terminal, a counter";
    TIOCSSERIAL = 0x541f => Hidden;
    TIOCPKT = 0x5420 => INT, harmless "how a descriptor is waited for";
    FIONBIO = 0x5421 => INT, harmless "how a descriptor is waited for";
    TIOCNOTTY = 0x5422 => Hidden, harmless "a flag of a descriptor, a terminal, a counter";
    TIOCSETD = 0x5423 => INT, harmless "how a descriptor is waited for";
    TIOCGETD = 0x5424 => TO_INT, harmless "asks what a descriptor is, or has";
    TCSBRKP = 0x5425 => Int, harmless "a terminal";
    TIOCSBRK = 0x5427 => Hidden, harmless "a flag of a descriptor, a terminal, a counter";
    TIOCCBRK = 0x5428 => Hidden, harmless "a flag of a descriptor, a terminal, a counter";
    TIOCGSID = 0x5429 => Out(&Ptr(&Sid)), harmless "a terminal";
    TCGETS2 = 0x802c542a => Out(&Special(S::Termios2)), harmless "a terminal";
    TCSETS2 = 0x402c542b => Special(S::Termios2), harmless "a terminal";
    TCSETSW2 = 0x402c542c => Special(S::Termios2), harmless "a terminal";
    TCSETSF2 = 0x402c542d => Special(S::Termios2), harmless "a terminal";
    TIOCGPTN = 0x80045430 => TO_INT, harmless "asks what a descriptor is, or has";
    TIOCSPTLCK = 0x40045431 => INT, harmless "how a descriptor is waited for";
    TIOCGDEV = 0x80045432 => TO_INT;
    TIOCGLCKTRMIOS = 0x5456 => Out(&Special(S::Termios)), harmless "a terminal";
    TIOCSLCKTRMIOS = 0x5457 => Special(S::Termios), harmless "a terminal";
    TIOCVHANGUP = 0x5437 => Hidden, harmless "a flag of a descriptor, a terminal, a counter";
    TIOCGPKT = 0x80045438 => Special(S::IoctlArg), harmless "asks what a descriptor is, or has";
    TIOCGPTLCK = 0x80045439 => Special(S::IoctlArg), harmless "asks what a descriptor is, or has";
    TIOCGEXCL = 0x80045440 => TO_INT, harmless "asks what a descriptor is, or has";
    TIOCGPTPEER = 0x5441 => Special(S::IoctlArg), returns Fd, harmless "a terminal";
    FIONCLEX = 0x5450 => Hidden, harmless "a flag of a descriptor, a terminal, a counter";
    FIOCLEX = 0x5451 => Hidden, harmless "a flag of a descriptor, a terminal, a counter";
    FIOASYNC = 0x5452 => INT, harmless "how a descriptor is waited for";
    FIOQSIZE = 0x5460 => Special(S::IoctlArg), harmless "leaves the file as it was";
}
