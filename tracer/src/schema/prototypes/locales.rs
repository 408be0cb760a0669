//! locale.h, libintl.h, langinfo.h, iconv.h, nl_types.h: languages, messages and encodings.

use crate::prototypes;
use crate::schema::types::Ty::*;

use super::names::{CATEGORIES, CATEGORY, LANGINFO};

prototypes! { pub LOCALES:
    setlocale(category: Set32(&CATEGORY), locale: Text) -> Text;
    localeconv() -> Addr;
    newlocale(category_mask: Set32(&CATEGORIES), locale: Text, base: Addr) -> Addr => hands;
    duplocale(locobj: Addr) -> Addr => hands;
    uselocale(newloc: Addr) -> Addr;
    freelocale(locobj: Addr) -> Void;
    __newlocale(category_mask: Set32(&CATEGORIES), locale: Text, base: Addr) -> Addr => hands;
    __duplocale(locobj: Addr) -> Addr => hands;
    __uselocale(newloc: Addr) -> Addr;
    __freelocale(locobj: Addr) -> Void;
    nl_langinfo(item: Set32(&LANGINFO)) -> Text;
    nl_langinfo_l(item: Set32(&LANGINFO), locale: Addr) -> Text;
    __nl_langinfo_l(item: Set32(&LANGINFO), locale: Addr) -> Text;
    textdomain(domainname: Text) -> Text;
    bindtextdomain(domainname: Text, dirname: Path) -> Text;
    bind_textdomain_codeset(domainname: Text, codeset: Text) -> Text;
    gettext(msgid: Text) -> Text;
    dgettext(domainname: Text, msgid: Text) -> Text;
    dcgettext(domainname: Text, msgid: Text, category: Set32(&CATEGORY)) -> Text;
    ngettext(msgid: Text, msgid_plural: Text, n: Ulong) -> Text;
    dngettext(domainname: Text, msgid: Text, msgid_plural: Text, n: Ulong) -> Text;
    dcngettext(domainname: Text, msgid: Text, msgid_plural: Text, n: Ulong, category: Set32(&CATEGORY)) -> Text;
    __dgettext(domainname: Text, msgid: Text) -> Text;
    __dcgettext(domainname: Text, msgid: Text, category: Set32(&CATEGORY)) -> Text;
    iconv_open(tocode: Text, fromcode: Text) -> Addr;
    iconv(cd: Addr, inbuf: Addr, inbytesleft: InOut(&Ptr(&Ulong)), outbuf: Addr, outbytesleft: InOut(&Ptr(&Ulong))) -> Long;
    iconv_close(cd: Addr) -> Int;
    catopen(name: Text, flag: Int) -> Addr;
    catgets(catalog: Addr, set_number: Int, message_number: Int, message: Text) -> Text;
    catclose(catalog: Addr) -> Int;
}
