//===- entry.S - Entry points of the kernel ------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

        .section .text.start,"ax"
        .globl  _start
_start: lea     kstack_top(%rip), %rsp
        xorl    %ebp, %ebp
        call    kmain
1:      hlt
        jmp     1b

        .text
/* SYSCALL lands here.  Everything runs in ring 0, interrupts are never enabled,
   so nothing ever touches the user red zone.  The C part is built with
   -mgeneral-regs-only, vector state needs no saving.                        */
        .globl  syscall_entry
syscall_entry:
        movq    %rsp, user_rsp(%rip)
        lea     sysstack_top(%rip), %rsp
        pushq   %rcx
        pushq   %r11
        pushq   %rdi
        pushq   %rsi
        pushq   %rdx
        pushq   %r10
        pushq   %r8
        pushq   %r9
        subq    $64, %rsp
        movq    %rdi, 0(%rsp)
        movq    %rsi, 8(%rsp)
        movq    %rdx, 16(%rsp)
        movq    %r10, 24(%rsp)
        movq    %r8, 32(%rsp)
        movq    %r9, 40(%rsp)
        movq    %rax, %rdi
        movq    %rsp, %rsi
        call    do_syscall
        addq    $64, %rsp
        popq    %r9
        popq    %r8
        popq    %r10
        popq    %rdx
        popq    %rsi
        popq    %rdi
        popfq
        popq    %rcx
        movq    user_rsp(%rip), %rsp
        jmp     *%rcx

/* void enter_user(u64 rip, u64 rsp) */
        .globl  enter_user
enter_user:
        movq    %rsi, %rsp
        movq    %rdi, %rcx
        xorl    %eax, %eax
        xorl    %ebx, %ebx
        xorl    %edx, %edx
        xorl    %esi, %esi
        xorl    %edi, %edi
        xorl    %ebp, %ebp
        xorl    %r8d, %r8d
        xorl    %r9d, %r9d
        xorl    %r10d, %r10d
        xorl    %r11d, %r11d
        xorl    %r12d, %r12d
        xorl    %r13d, %r13d
        xorl    %r14d, %r14d
        xorl    %r15d, %r15d
        jmp     *%rcx

/* void restart(void *fn): drop all stacks and continue in fn */
        .globl  restart
restart:
        lea     kstack_top(%rip), %rsp
        xorl    %ebp, %ebp
        call    *%rdi
1:      hlt
        jmp     1b

        .macro  vec n, err
        .balign 16
        .if \err == 0
        pushq   $0
        .endif
        pushq   $\n
        jmp     common_exc
        .endm
        .balign 16
        .globl  vectors
vectors:
        .irp    n,0,1,2,3,4,5,6,7
        vec     \n, 0
        .endr
        vec     8, 1
        vec     9, 0
        .irp    n,10,11,12,13,14
        vec     \n, 1
        .endr
        vec     15, 0
        vec     16, 0
        vec     17, 1
        .irp    n,18,19,20
        vec     \n, 0
        .endr
        vec     21, 1
        .irp    n,22,23,24,25,26,27,28,29,30,31
        vec     \n, 0
        .endr
common_exc:
        pushq   %rax
        pushq   %rcx
        pushq   %rdx
        pushq   %rbx
        pushq   %rbp
        pushq   %rsi
        pushq   %rdi
        pushq   %r8
        pushq   %r9
        pushq   %r10
        pushq   %r11
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rsp, %rdi
        call    do_exception
1:      hlt
        jmp     1b

        .bss
        .balign 64
        .globl  user_rsp
user_rsp: .quad 0
        .balign 64
        .skip   16384
kstack_top:
        .skip   16384
sysstack_top:
        .skip   16384
        .globl  excstack_top
excstack_top:
