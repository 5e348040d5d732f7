/*
 * Preloaded into User-Mode Linux, so that it runs on processors with AMX.
 *
 * User-Mode Linux 6.1 stores a process's extended registers in 2696 bytes (HOST_FP_SIZE), which is
 * enough up to AVX-512. On a host with a larger state, Linux refuses to write less than the full
 * state (xstateregs_set), and the first process of the node dies with "put_fp_registers". The bytes
 * after the first 2696 are AMX's tiles. A process has none unless it asks for them (arch_prctl,
 * ARCH_REQ_XCOMP_PERM), so these bytes are always zero.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Not on the stack, which has 16 KiB in a thread of that kernel. Linux uses as much as it needs. */
static char full[16384];

static long call_ptrace(long request, long pid, void *address, void *data)
{
	return syscall(SYS_ptrace, request, pid, address, data);
}

static long read_state(long pid, void *address, struct iovec *part)
{
	struct iovec state = { full, sizeof full };
	long answer = call_ptrace(PTRACE_GETREGSET, pid, address, &state);

	if (answer < 0)
		return answer;
	if (part->iov_len > state.iov_len)
		part->iov_len = state.iov_len;
	memcpy(part->iov_base, full, part->iov_len);
	return answer;
}

static long write_state(long pid, void *address, const struct iovec *part)
{
	struct iovec state = { full, sizeof full };

	memset(full, 0, sizeof full);
	memcpy(full, part->iov_base, part->iov_len);
	return call_ptrace(PTRACE_SETREGSET, pid, address, &state);
}

long ptrace(enum __ptrace_request request, ...)
{
	va_list rest;
	va_start(rest, request);
	long pid = va_arg(rest, pid_t);
	void *address = va_arg(rest, void *);
	void *data = va_arg(rest, void *);
	va_end(rest);

	if (request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA || request == PTRACE_PEEKUSER) {
		/* The system call returns the word through a pointer; the library's function returns it. */
		long word;
		long answer = call_ptrace(request, pid, address, &word);

		if (answer < 0)
			return answer;
		errno = 0;
		return word;
	}
	if ((long)address == NT_X86_XSTATE && request == PTRACE_GETREGSET)
		return read_state(pid, address, data);
	if ((long)address == NT_X86_XSTATE && request == PTRACE_SETREGSET &&
	    ((struct iovec *)data)->iov_len <= sizeof full)
		return write_state(pid, address, data);
	return call_ptrace(request, pid, address, data);
}
