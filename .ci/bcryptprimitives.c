// Replaces bcryptprimitives.dll, which Wine 8 does not have and Rust's std needs for random numbers.
// SystemFunction036 is RtlGenRandom.
#include <windows.h>

BOOLEAN WINAPI SystemFunction036(PVOID, ULONG);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
    return SystemFunction036(data, (ULONG)length);
}
