//! sqlite3.h: connections, statements, what is bound to them and what they give.

use crate::schema::types::Ty::*;
use crate::{prototypes, sets};

sets! {
    /// What functions of sqlite return, the extended codes among them. sqlite3.h
    RESULT "#"
    choice all:
          SQLITE_OK = 0, SQLITE_ERROR = 1, SQLITE_INTERNAL = 2, SQLITE_PERM = 3, SQLITE_ABORT = 4, SQLITE_BUSY = 5, SQLITE_LOCKED = 6,
          SQLITE_NOMEM = 7, SQLITE_READONLY = 8, SQLITE_INTERRUPT = 9, SQLITE_IOERR = 10, SQLITE_CORRUPT = 11, SQLITE_NOTFOUND = 12,
          SQLITE_FULL = 13, SQLITE_CANTOPEN = 14, SQLITE_PROTOCOL = 15, SQLITE_EMPTY = 16, SQLITE_SCHEMA = 17, SQLITE_TOOBIG = 18,
          SQLITE_CONSTRAINT = 19, SQLITE_MISMATCH = 20, SQLITE_MISUSE = 21, SQLITE_NOLFS = 22, SQLITE_AUTH = 23, SQLITE_FORMAT = 24,
          SQLITE_RANGE = 25, SQLITE_NOTADB = 26, SQLITE_NOTICE = 27, SQLITE_WARNING = 28, SQLITE_ROW = 100, SQLITE_DONE = 101,
          SQLITE_ERROR_MISSING_COLLSEQ = 257, SQLITE_ERROR_RETRY = 513, SQLITE_ERROR_SNAPSHOT = 769, SQLITE_IOERR_READ = 266,
          SQLITE_IOERR_SHORT_READ = 522, SQLITE_IOERR_WRITE = 778, SQLITE_IOERR_FSYNC = 1034, SQLITE_IOERR_DIR_FSYNC = 1290,
          SQLITE_IOERR_TRUNCATE = 1546, SQLITE_IOERR_FSTAT = 1802, SQLITE_IOERR_UNLOCK = 2058, SQLITE_IOERR_RDLOCK = 2314,
          SQLITE_IOERR_DELETE = 2570, SQLITE_IOERR_BLOCKED = 2826, SQLITE_IOERR_NOMEM = 3082, SQLITE_IOERR_ACCESS = 3338,
          SQLITE_IOERR_CHECKRESERVEDLOCK = 3594, SQLITE_IOERR_LOCK = 3850, SQLITE_IOERR_CLOSE = 4106, SQLITE_IOERR_DIR_CLOSE = 4362,
          SQLITE_IOERR_SHMOPEN = 4618, SQLITE_IOERR_SHMSIZE = 4874, SQLITE_IOERR_SHMLOCK = 5130, SQLITE_IOERR_SHMMAP = 5386,
          SQLITE_IOERR_SEEK = 5642, SQLITE_IOERR_DELETE_NOENT = 5898, SQLITE_IOERR_MMAP = 6154, SQLITE_IOERR_GETTEMPPATH = 6410,
          SQLITE_IOERR_CONVPATH = 6666, SQLITE_IOERR_VNODE = 6922, SQLITE_IOERR_AUTH = 7178, SQLITE_IOERR_BEGIN_ATOMIC = 7434,
          SQLITE_IOERR_COMMIT_ATOMIC = 7690, SQLITE_IOERR_ROLLBACK_ATOMIC = 7946, SQLITE_IOERR_DATA = 8202, SQLITE_IOERR_CORRUPTFS = 8458,
          SQLITE_LOCKED_SHAREDCACHE = 262, SQLITE_LOCKED_VTAB = 518, SQLITE_BUSY_RECOVERY = 261, SQLITE_BUSY_SNAPSHOT = 517,
          SQLITE_BUSY_TIMEOUT = 773, SQLITE_CANTOPEN_NOTEMPDIR = 270, SQLITE_CANTOPEN_ISDIR = 526, SQLITE_CANTOPEN_FULLPATH = 782,
          SQLITE_CANTOPEN_CONVPATH = 1038, SQLITE_CANTOPEN_DIRTYWAL = 1294, SQLITE_CANTOPEN_SYMLINK = 1550, SQLITE_CORRUPT_VTAB = 267,
          SQLITE_CORRUPT_SEQUENCE = 523, SQLITE_CORRUPT_INDEX = 779, SQLITE_READONLY_RECOVERY = 264, SQLITE_READONLY_CANTLOCK = 520,
          SQLITE_READONLY_ROLLBACK = 776, SQLITE_READONLY_DBMOVED = 1032, SQLITE_READONLY_CANTINIT = 1288, SQLITE_READONLY_DIRECTORY = 1544,
          SQLITE_ABORT_ROLLBACK = 516, SQLITE_CONSTRAINT_CHECK = 275, SQLITE_CONSTRAINT_COMMITHOOK = 531, SQLITE_CONSTRAINT_FOREIGNKEY = 787,
          SQLITE_CONSTRAINT_FUNCTION = 1043, SQLITE_CONSTRAINT_NOTNULL = 1299, SQLITE_CONSTRAINT_PRIMARYKEY = 1555,
          SQLITE_CONSTRAINT_TRIGGER = 1811, SQLITE_CONSTRAINT_UNIQUE = 2067, SQLITE_CONSTRAINT_VTAB = 2323, SQLITE_CONSTRAINT_ROWID = 2579,
          SQLITE_CONSTRAINT_PINNED = 2835, SQLITE_CONSTRAINT_DATATYPE = 3091, SQLITE_NOTICE_RECOVER_WAL = 283,
          SQLITE_NOTICE_RECOVER_ROLLBACK = 539, SQLITE_WARNING_AUTOINDEX = 284, SQLITE_AUTH_USER = 279, SQLITE_OK_LOAD_PERMANENTLY = 256,
          SQLITE_OK_SYMLINK = 512;

    /// Flags of sqlite3_open_v2(). sqlite3.h
    SQLITE_OPEN "SQLITE_OPEN_"
    bits:
          SQLITE_OPEN_READONLY = 1, SQLITE_OPEN_READWRITE = 2, SQLITE_OPEN_CREATE = 4, SQLITE_OPEN_DELETEONCLOSE = 8,
          SQLITE_OPEN_EXCLUSIVE = 0x10, SQLITE_OPEN_AUTOPROXY = 0x20, SQLITE_OPEN_URI = 0x40, SQLITE_OPEN_MEMORY = 0x80,
          SQLITE_OPEN_MAIN_DB = 0x100, SQLITE_OPEN_TEMP_DB = 0x200, SQLITE_OPEN_TRANSIENT_DB = 0x400, SQLITE_OPEN_MAIN_JOURNAL = 0x800,
          SQLITE_OPEN_TEMP_JOURNAL = 0x1000, SQLITE_OPEN_SUBJOURNAL = 0x2000, SQLITE_OPEN_SUPER_JOURNAL = 0x4000,
          SQLITE_OPEN_NOMUTEX = 0x8000, SQLITE_OPEN_FULLMUTEX = 0x10000, SQLITE_OPEN_SHAREDCACHE = 0x20000,
          SQLITE_OPEN_PRIVATECACHE = 0x40000, SQLITE_OPEN_WAL = 0x80000, SQLITE_OPEN_NOFOLLOW = 0x1000000, SQLITE_OPEN_EXRESCODE = 0x2000000;

    /// Types of values. sqlite3.h
    VALUE "SQLITE_"
    choice all: SQLITE_INTEGER = 1, SQLITE_FLOAT = 2, SQLITE_TEXT = 3, SQLITE_BLOB = 4, SQLITE_NULL = 5;

    /// Destructors that are none. sqlite3.h
    DESTRUCTOR ""
    choice all: SQLITE_STATIC = 0, SQLITE_TRANSIENT = 0xffff_ffff_ffff_ffff;

    /// Flags of sqlite3_prepare_v3(). sqlite3.h
    PREPARE "SQLITE_PREPARE_"
    bits: SQLITE_PREPARE_PERSISTENT = 1, SQLITE_PREPARE_NORMALIZE = 2, SQLITE_PREPARE_NO_VTAB = 4;
}

prototypes! { pub CONNECTIONS:
    sqlite3_libversion() -> Text;
    sqlite3_libversion_number() -> Int;
    sqlite3_sourceid() -> Text;
    sqlite3_threadsafe() -> Int;
    sqlite3_initialize() -> Set32(&RESULT);
    sqlite3_shutdown() -> Set32(&RESULT);
    sqlite3_config(op: Int, arg1: Word, arg2: Word) -> Set32(&RESULT);
    sqlite3_db_config(db: Addr, op: Int, arg1: Word, arg2: Word) -> Set32(&RESULT);
    sqlite3_open(filename: Path, db: Out(&Ptr(&Addr))) -> Set32(&RESULT);
    sqlite3_open16(filename: Addr, db: Out(&Ptr(&Addr))) -> Set32(&RESULT);
    sqlite3_open_v2(filename: Path, db: Out(&Ptr(&Addr)), flags: Set32(&SQLITE_OPEN), vfs: Text) -> Set32(&RESULT);
    sqlite3_close(db: Addr) -> Set32(&RESULT);
    sqlite3_close_v2(db: Addr) -> Set32(&RESULT);
    sqlite3_exec(db: Addr, sql: Text, callback: Addr, arg: Addr, errmsg: Out(&Ptr(&Addr))) -> Set32(&RESULT), calls back;
    sqlite3_get_table(db: Addr, sql: Text, result: Out(&Ptr(&Addr)), row: Out(&Ptr(&Int)), column: Out(&Ptr(&Int)), errmsg: Out(&Ptr(&Addr))) -> Set32(&RESULT);
    sqlite3_free_table(result: Addr) -> Void;
    sqlite3_errcode(db: Addr) -> Set32(&RESULT);
    sqlite3_extended_errcode(db: Addr) -> Set32(&RESULT);
    sqlite3_extended_result_codes(db: Addr, onoff: Int) -> Set32(&RESULT);
    sqlite3_errmsg(db: Addr) -> Text;
    sqlite3_errstr(code: Set32(&RESULT)) -> Text;
    sqlite3_error_offset(db: Addr) -> Int;
    sqlite3_last_insert_rowid(db: Addr) -> Long;
    sqlite3_set_last_insert_rowid(db: Addr, rowid: Long) -> Void;
    sqlite3_changes(db: Addr) -> Int;
    sqlite3_changes64(db: Addr) -> Long;
    sqlite3_total_changes(db: Addr) -> Int;
    sqlite3_total_changes64(db: Addr) -> Long;
    sqlite3_interrupt(db: Addr) -> Void;
    sqlite3_complete(sql: Text) -> Int;
    sqlite3_busy_handler(db: Addr, handler: Addr, arg: Addr) -> Set32(&RESULT);
    sqlite3_busy_timeout(db: Addr, ms: Int) -> Set32(&RESULT);
    sqlite3_get_autocommit(db: Addr) -> Int;
    sqlite3_txn_state(db: Addr, schema: Text) -> Int;
    sqlite3_db_filename(db: Addr, name: Text) -> Text;
    sqlite3_db_readonly(db: Addr, name: Text) -> Int;
    sqlite3_db_status(db: Addr, op: Int, current: Out(&Ptr(&Int)), highwater: Out(&Ptr(&Int)), reset: Int) -> Set32(&RESULT);
    sqlite3_limit(db: Addr, id: Int, new_val: Int) -> Int;
    sqlite3_file_control(db: Addr, name: Text, op: Int, arg: Addr) -> Set32(&RESULT);
    sqlite3_set_authorizer(db: Addr, auth: Addr, arg: Addr) -> Set32(&RESULT);
    sqlite3_trace_v2(db: Addr, mask: Hex32, callback: Addr, ctx: Addr) -> Set32(&RESULT);
    sqlite3_progress_handler(db: Addr, n: Int, handler: Addr, arg: Addr) -> Void;
    sqlite3_commit_hook(db: Addr, hook: Addr, arg: Addr) -> Addr;
    sqlite3_rollback_hook(db: Addr, hook: Addr, arg: Addr) -> Addr;
    sqlite3_update_hook(db: Addr, hook: Addr, arg: Addr) -> Addr;
    sqlite3_wal_checkpoint_v2(db: Addr, name: Text, mode: Int, log: Out(&Ptr(&Int)), ckpt: Out(&Ptr(&Int))) -> Set32(&RESULT);
    sqlite3_wal_autocheckpoint(db: Addr, n: Int) -> Set32(&RESULT);
    sqlite3_load_extension(db: Addr, file: Path, proc: Text, errmsg: Out(&Ptr(&Addr))) -> Set32(&RESULT);
    sqlite3_enable_load_extension(db: Addr, onoff: Int) -> Set32(&RESULT);
    sqlite3_create_function(db: Addr, name: Text, args: Int, text_rep: Hex32, app: Addr, func: Addr) -> Set32(&RESULT);
    sqlite3_create_function_v2(db: Addr, name: Text, args: Int, text_rep: Hex32, app: Addr, func: Addr) -> Set32(&RESULT);
    sqlite3_create_collation(db: Addr, name: Text, text_rep: Hex32, arg: Addr, compare: Addr) -> Set32(&RESULT);
    sqlite3_create_module(db: Addr, name: Text, module: Addr, data: Addr) -> Set32(&RESULT);
    sqlite3_create_module_v2(db: Addr, name: Text, module: Addr, data: Addr, destroy: Addr) -> Set32(&RESULT);
    sqlite3_declare_vtab(db: Addr, sql: Text) -> Set32(&RESULT);
    sqlite3_table_column_metadata(db: Addr, name: Text, table: Text, column: Text, data_type: Out(&Ptr(&Addr)), coll_seq: Out(&Ptr(&Addr))) -> Set32(&RESULT);
    sqlite3_backup_init(dest: Addr, dest_name: Text, source: Addr, source_name: Text) -> Addr;
    sqlite3_backup_step(backup: Addr, pages: Int) -> Set32(&RESULT);
    sqlite3_backup_finish(backup: Addr) -> Set32(&RESULT);
    sqlite3_backup_remaining(backup: Addr) -> Int;
    sqlite3_backup_pagecount(backup: Addr) -> Int;
    sqlite3_blob_open(db: Addr, name: Text, table: Text, column: Text, row: Long, flags: Int) -> Set32(&RESULT);
    sqlite3_blob_read(blob: Addr, z: Out(&Bytes(n)), n: Int, offset: Int) -> Set32(&RESULT);
    sqlite3_blob_write(blob: Addr, z: Bytes(n), n: Int, offset: Int) -> Set32(&RESULT);
    sqlite3_blob_bytes(blob: Addr) -> Int;
    sqlite3_blob_close(blob: Addr) -> Set32(&RESULT);
    sqlite3_malloc(n: Int) -> Addr => hands;
    sqlite3_malloc64(n: Ulong) -> Addr => hands;
    sqlite3_realloc(ptr: Addr, n: Int) -> Addr;
    sqlite3_realloc64(ptr: Addr, n: Ulong) -> Addr;
    sqlite3_free(ptr: Addr) -> Void;
    sqlite3_msize(ptr: Addr) -> Ulong;
    sqlite3_memory_used() -> Long;
    sqlite3_memory_highwater(reset: Int) -> Long;
    sqlite3_sleep(ms: Int) -> Int;
    sqlite3_randomness(n: Int, p: Out(&HexBytes(n))) -> Void;
    sqlite3_mprintf(format: Format) -> Text => hands;
    sqlite3_snprintf(n: Int, buf: Out(&Text), format: Format) -> Addr;
    sqlite3_log(code: Set32(&RESULT), format: Format) -> Void;
    sqlite3_stricmp(a: Text, b: Text) -> Int;
    sqlite3_strnicmp(a: Text, b: Text, n: Int) -> Int;
    sqlite3_strglob(glob: Text, str: Text) -> Int;
    sqlite3_strlike(glob: Text, str: Text, esc: Char) -> Int;
    sqlite3_mutex_alloc(id: Int) -> Addr;
    sqlite3_mutex_enter(mutex: Addr) -> Void;
    sqlite3_mutex_try(mutex: Addr) -> Set32(&RESULT);
    sqlite3_mutex_leave(mutex: Addr) -> Void;
    sqlite3_mutex_free(mutex: Addr) -> Void;
}

prototypes! { pub STATEMENTS:
    sqlite3_prepare(db: Addr, sql: Text, n: Int, stmt: Out(&Ptr(&Addr)), tail: Out(&Ptr(&Addr))) -> Set32(&RESULT);
    sqlite3_prepare_v2(db: Addr, sql: Text, n: Int, stmt: Out(&Ptr(&Addr)), tail: Out(&Ptr(&Addr))) -> Set32(&RESULT);
    sqlite3_prepare_v3(db: Addr, sql: Text, n: Int, flags: Set32(&PREPARE), stmt: Out(&Ptr(&Addr)), tail: Out(&Ptr(&Addr))) -> Set32(&RESULT);
    sqlite3_prepare16_v2(db: Addr, sql: Addr, n: Int, stmt: Out(&Ptr(&Addr)), tail: Out(&Ptr(&Addr))) -> Set32(&RESULT);
    sqlite3_step(stmt: Addr) -> Set32(&RESULT);
    sqlite3_reset(stmt: Addr) -> Set32(&RESULT);
    sqlite3_finalize(stmt: Addr) -> Set32(&RESULT);
    sqlite3_sql(stmt: Addr) -> Text;
    sqlite3_expanded_sql(stmt: Addr) -> Text;
    sqlite3_stmt_readonly(stmt: Addr) -> Int;
    sqlite3_stmt_busy(stmt: Addr) -> Int;
    sqlite3_stmt_isexplain(stmt: Addr) -> Int;
    sqlite3_stmt_status(stmt: Addr, op: Int, reset: Int) -> Int;
    sqlite3_next_stmt(db: Addr, stmt: Addr) -> Addr;
    sqlite3_db_handle(stmt: Addr) -> Addr;
    sqlite3_data_count(stmt: Addr) -> Int;
    sqlite3_clear_bindings(stmt: Addr) -> Set32(&RESULT);
    sqlite3_bind_parameter_count(stmt: Addr) -> Int;
    sqlite3_bind_parameter_name(stmt: Addr, n: Int) -> Text;
    sqlite3_bind_parameter_index(stmt: Addr, name: Text) -> Int;
    sqlite3_bind_blob(stmt: Addr, index: Int, value: Bytes(n), n: Int, destructor: Set(&DESTRUCTOR)) -> Set32(&RESULT);
    sqlite3_bind_blob64(stmt: Addr, index: Int, value: Bytes(n), n: Ulong, destructor: Set(&DESTRUCTOR)) -> Set32(&RESULT);
    sqlite3_bind_double(stmt: Addr, index: Int, value: Double) -> Set32(&RESULT);
    sqlite3_bind_int(stmt: Addr, index: Int, value: Int) -> Set32(&RESULT);
    sqlite3_bind_int64(stmt: Addr, index: Int, value: Long) -> Set32(&RESULT);
    sqlite3_bind_null(stmt: Addr, index: Int) -> Set32(&RESULT);
    sqlite3_bind_text(stmt: Addr, index: Int, value: Text, n: Int, destructor: Set(&DESTRUCTOR)) -> Set32(&RESULT);
    sqlite3_bind_text16(stmt: Addr, index: Int, value: Addr, n: Int, destructor: Set(&DESTRUCTOR)) -> Set32(&RESULT);
    sqlite3_bind_text64(stmt: Addr, index: Int, value: Text, n: Ulong, destructor: Set(&DESTRUCTOR), encoding: Int) -> Set32(&RESULT);
    sqlite3_bind_value(stmt: Addr, index: Int, value: Addr) -> Set32(&RESULT);
    sqlite3_bind_pointer(stmt: Addr, index: Int, ptr: Addr, r#type: Text, destructor: Addr) -> Set32(&RESULT);
    sqlite3_bind_zeroblob(stmt: Addr, index: Int, n: Int) -> Set32(&RESULT);
    sqlite3_bind_zeroblob64(stmt: Addr, index: Int, n: Ulong) -> Set32(&RESULT);
    sqlite3_column_count(stmt: Addr) -> Int;
    sqlite3_column_name(stmt: Addr, n: Int) -> Text;
    sqlite3_column_database_name(stmt: Addr, n: Int) -> Text;
    sqlite3_column_table_name(stmt: Addr, n: Int) -> Text;
    sqlite3_column_origin_name(stmt: Addr, n: Int) -> Text;
    sqlite3_column_decltype(stmt: Addr, n: Int) -> Text;
    sqlite3_column_blob(stmt: Addr, col: Int) -> Addr;
    sqlite3_column_double(stmt: Addr, col: Int) -> Double;
    sqlite3_column_int(stmt: Addr, col: Int) -> Int;
    sqlite3_column_int64(stmt: Addr, col: Int) -> Long;
    sqlite3_column_text(stmt: Addr, col: Int) -> Text;
    sqlite3_column_text16(stmt: Addr, col: Int) -> Addr;
    sqlite3_column_value(stmt: Addr, col: Int) -> Addr;
    sqlite3_column_bytes(stmt: Addr, col: Int) -> Int;
    sqlite3_column_bytes16(stmt: Addr, col: Int) -> Int;
    sqlite3_column_type(stmt: Addr, col: Int) -> Set32(&VALUE);
}

prototypes! { pub VALUES:
    sqlite3_value_blob(value: Addr) -> Addr;
    sqlite3_value_double(value: Addr) -> Double;
    sqlite3_value_int(value: Addr) -> Int;
    sqlite3_value_int64(value: Addr) -> Long;
    sqlite3_value_text(value: Addr) -> Text;
    sqlite3_value_bytes(value: Addr) -> Int;
    sqlite3_value_type(value: Addr) -> Set32(&VALUE);
    sqlite3_value_numeric_type(value: Addr) -> Set32(&VALUE);
    sqlite3_value_dup(value: Addr) -> Addr;
    sqlite3_value_free(value: Addr) -> Void;
    sqlite3_result_blob(context: Addr, value: Bytes(n), n: Int, destructor: Set(&DESTRUCTOR)) -> Void;
    sqlite3_result_double(context: Addr, value: Double) -> Void;
    sqlite3_result_error(context: Addr, msg: Text, n: Int) -> Void;
    sqlite3_result_error_code(context: Addr, code: Set32(&RESULT)) -> Void;
    sqlite3_result_error_nomem(context: Addr) -> Void;
    sqlite3_result_int(context: Addr, value: Int) -> Void;
    sqlite3_result_int64(context: Addr, value: Long) -> Void;
    sqlite3_result_null(context: Addr) -> Void;
    sqlite3_result_text(context: Addr, value: Text, n: Int, destructor: Set(&DESTRUCTOR)) -> Void;
    sqlite3_result_value(context: Addr, value: Addr) -> Void;
    sqlite3_user_data(context: Addr) -> Addr;
    sqlite3_context_db_handle(context: Addr) -> Addr;
    sqlite3_aggregate_context(context: Addr, n: Int) -> Addr;
    sqlite3_get_auxdata(context: Addr, n: Int) -> Addr;
    sqlite3_set_auxdata(context: Addr, n: Int, data: Addr, destroy: Addr) -> Void;
}
