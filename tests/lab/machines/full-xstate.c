/*
 * Preloaded into User-Mode Linux, so that it runs on processors with AMX.
 *
 * User-Mode Linux 6.1 keeps a process's extended registers in 2696 bytes, which was all there was
 * up to AVX-512 (HOST_FP_SIZE). Where the host's state is larger, Linux takes nothing but the whole
 * of it (xstateregs_set), and the first process of the node dies of "put_fp_registers". What is
 * behind those 2696 bytes is AMX's tiles, which no process has without asking (arch_prctl,
 * ARCH_REQ_XCOMP_PERM): zeros are what is there.
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

/* Not on the stack: a thread of that kernel has 16 KiB. Linux takes of it what the state is long. */
static char whole[16384];

static long ask(long request, long pid, void *address, void *data)
{
	return syscall(SYS_ptrace, request, pid, address, data);
}

static long read_state(long pid, void *address, struct iovec *part)
{
	struct iovec state = { whole, sizeof whole };
	long answer = ask(PTRACE_GETREGSET, pid, address, &state);

	if (answer < 0)
		return answer;
	if (part->iov_len > state.iov_len)
		part->iov_len = state.iov_len;
	memcpy(part->iov_base, whole, part->iov_len);
	return answer;
}

static long write_state(long pid, void *address, const struct iovec *part)
{
	struct iovec state = { whole, sizeof whole };

	memset(whole, 0, sizeof whole);
	memcpy(whole, part->iov_base, part->iov_len);
	return ask(PTRACE_SETREGSET, pid, address, &state);
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
		/* The system call writes what it has read behind a pointer. */
		long word;
		long answer = ask(request, pid, address, &word);

		if (answer < 0)
			return answer;
		errno = 0;
		return word;
	}
	if ((long)address == NT_X86_XSTATE && request == PTRACE_GETREGSET)
		return read_state(pid, address, data);
	if ((long)address == NT_X86_XSTATE && request == PTRACE_SETREGSET &&
	    ((struct iovec *)data)->iov_len <= sizeof whole)
		return write_state(pid, address, data);
	return ask(request, pid, address, data);
}
