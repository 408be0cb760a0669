//! math.h, complex.h, fenv.h: one list of functions of `double`, of `float` and of `long double`, each of which has three names. Real and
//! complex numbers are passed in registers of their own, or on the stack, and are not seen.

use crate::prototypes;
use crate::schema::types::Ty::*;

/// Declares functions by what they take: `(x: Real) -> Real: cos cosf cosl, ...;`, a row for each of the three names.
macro_rules! functions {
    ($($args:tt -> $ret:tt: $($double:ident $float:ident $long:ident),+ $(,)?;)*) => {
        /// Of `double`.
        pub mod double {
            use crate::prototypes;
            use crate::schema::types::Ty::{Double as Real, *};
            prototypes! { pub DOUBLE: $($($double $args -> $ret;)+)* }
        }

        /// Of `float`.
        pub mod float {
            use crate::prototypes;
            use crate::schema::types::Ty::{Float as Real, *};
            prototypes! { pub FLOAT: $($($float $args -> $ret;)+)* }
        }

        /// Of `long double`.
        pub mod long_double {
            use crate::prototypes;
            use crate::schema::types::Ty::{Double as Real, *};
            prototypes! { pub LONG_DOUBLE: $($($long $args -> $ret;)+)* }
        }
    };
}

functions! {
    (x: Real) -> Real:
        acos acosf acosl, acosh acoshf acoshl, asin asinf asinl, asinh asinhf asinhl, atan atanf atanl, atanh atanhf atanhl,
        cbrt cbrtf cbrtl, ceil ceilf ceill, cos cosf cosl, cosh coshf coshl, erf erff erfl, erfc erfcf erfcl, exp expf expl,
        exp10 exp10f exp10l, exp2 exp2f exp2l, expm1 expm1f expm1l, fabs fabsf fabsl, floor floorf floorl, gamma gammaf gammal,
        j0 j0f j0l, j1 j1f j1l, lgamma lgammaf lgammal, log logf logl, log10 log10f log10l, log1p log1pf log1pl, log2 log2f log2l,
        logb logbf logbl, nearbyint nearbyintf nearbyintl, nextdown nextdownf nextdownl, nextup nextupf nextupl, pow10 pow10f pow10l,
        rint rintf rintl, round roundf roundl, roundeven roundevenf roundevenl, significand significandf significandl, sin sinf sinl,
        sinh sinhf sinhl, sqrt sqrtf sqrtl, tan tanf tanl, tanh tanhf tanhl, tgamma tgammaf tgammal, trunc truncf truncl,
        y0 y0f y0l, y1 y1f y1l;
    (x: Real, y: Real) -> Real:
        atan2 atan2f atan2l, copysign copysignf copysignl, drem dremf dreml, fdim fdimf fdiml, fmax fmaxf fmaxl,
        fmaximum fmaximumf fmaximuml, fmaximum_mag fmaximum_magf fmaximum_magl,
        fmaximum_mag_num fmaximum_mag_numf fmaximum_mag_numl, fmaximum_num fmaximum_numf fmaximum_numl,
        fmaxmag fmaxmagf fmaxmagl, fmin fminf fminl, fminimum fminimumf fminimuml, fminimum_mag fminimum_magf fminimum_magl,
        fminimum_mag_num fminimum_mag_numf fminimum_mag_numl, fminimum_num fminimum_numf fminimum_numl,
        fminmag fminmagf fminmagl, fmod fmodf fmodl, hypot hypotf hypotl, nextafter nextafterf nextafterl,
        nexttoward nexttowardf nexttowardl, pow powf powl, remainder remainderf remainderl, scalb scalbf scalbl;
    (x: Real, y: Real, z: Real) -> Real: fma fmaf fmal;
    (x: Real) -> Int:
        finite finitef finitel, ilogb ilogbf ilogbl, isinf isinff isinfl, isnan isnanf isnanl, __finite __finitef __finitel,
        __fpclassify __fpclassifyf __fpclassifyl, __isinf __isinff __isinfl, __isnan __isnanf __isnanl,
        __issignaling __issignalingf __issignalingl, __signbit __signbitf __signbitl;
    (x: Real, y: Real) -> Int: __iseqsig __iseqsigf __iseqsigl;
    (x: Real) -> Long:
        llogb llogbf llogbl, llrint llrintf llrintl, llround llroundf llroundl, lrint lrintf lrintl, lround lroundf lroundl;
    (x: Real, round: Int, width: Uint) -> Long: fromfp fromfpf fromfpl, fromfpx fromfpxf fromfpxl;
    (x: Real, round: Int, width: Uint) -> Ulong: ufromfp ufromfpf ufromfpl, ufromfpx ufromfpxf ufromfpxl;
    (x: Real, exp: Out(&Ptr(&Int))) -> Real: frexp frexpf frexpl;
    (x: Real, exp: Int) -> Real: ldexp ldexpf ldexpl;
    (x: Real, n: Int) -> Real: scalbn scalbnf scalbnl;
    (x: Real, n: Long) -> Real: scalbln scalblnf scalblnl;
    (x: Real, iptr: Addr) -> Real: modf modff modfl;
    (x: Real, y: Real, quo: Out(&Ptr(&Int))) -> Real: remquo remquof remquol;
    (x: Real, signp: Out(&Ptr(&Int))) -> Real: lgamma_r lgammaf_r lgammal_r;
    (x: Real, sin: Addr, cos: Addr) -> Void: sincos sincosf sincosl;
    (n: Int, x: Real) -> Real: jn jnf jnl, yn ynf ynl;
    (tagp: Text) -> Real: nan nanf nanl;
    (cx: Addr, x: Addr) -> Int: canonicalize canonicalizef canonicalizel;
    (x: Addr, y: Addr) -> Int: totalorder totalorderf totalorderl, totalordermag totalordermagf totalordermagl;
    (x: Addr) -> Real: getpayload getpayloadf getpayloadl;
    (res: Addr, payload: Real) -> Int: setpayload setpayloadf setpayloadl, setpayloadsig setpayloadsigf setpayloadsigl;
    (z: Real) -> Real:
        cabs cabsf cabsl, cacos cacosf cacosl, cacosh cacoshf cacoshl, carg cargf cargl, casin casinf casinl, casinh casinhf casinhl,
        catan catanf catanl, catanh catanhf catanhl, ccos ccosf ccosl, ccosh ccoshf ccoshl, cexp cexpf cexpl, cimag cimagf cimagl,
        clog clogf clogl, clog10 clog10f clog10l, conj conjf conjl, cproj cprojf cprojl, creal crealf creall, csin csinf csinl,
        csinh csinhf csinhl, csqrt csqrtf csqrtl, ctan ctanf ctanl, ctanh ctanhf ctanhl;
    (x: Real, z: Real) -> Real: cpow cpowf cpowl;
}

prototypes! { pub FLOATING:
    feclearexcept(excepts: Hex32) -> Int;
    fegetexceptflag(flagp: Addr, excepts: Hex32) -> Int;
    feraiseexcept(excepts: Hex32) -> Int;
    fesetexcept(excepts: Hex32) -> Int;
    fesetexceptflag(flagp: Addr, excepts: Hex32) -> Int;
    fetestexcept(excepts: Hex32) -> Hex32;
    fetestexceptflag(flagp: Addr, excepts: Hex32) -> Hex32;
    fegetround() -> Hex32;
    fesetround(rounding_mode: Hex32) -> Int;
    fegetenv(envp: Addr) -> Int;
    feholdexcept(envp: Addr) -> Int;
    fesetenv(envp: Addr) -> Int;
    feupdateenv(envp: Addr) -> Int;
    fegetmode(modep: Addr) -> Int;
    fesetmode(modep: Addr) -> Int;
    feenableexcept(excepts: Hex32) -> Hex32;
    fedisableexcept(excepts: Hex32) -> Hex32;
    fegetexcept() -> Hex32;
    matherr(exc: Addr) -> Int;
}
