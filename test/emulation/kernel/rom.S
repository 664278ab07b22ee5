//===- rom.S - Takes the place of the BIOS -------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// 64 KiB at 0xFFFF0000, where Bochs starts: to 64-bit mode, with the state of
// SSE, AVX, AVX-512 and AMX, then to the kernel, which Bochs put at 1 MiB.

        .set    PML4, 0x10000
        .set    PDPT, 0x11000
        .set    PD,   0x12000            /* four of them */
        .set    PT0,  0x16000
        .set    KERNEL, 0x100000
        .set    KSTACK, 0x90000
        .set    PACK, 0x20000000

        .section .rom,"awx"
        .code16
romstart:
start16:
        cli
        cld
        movb    $2, %al                  /* A20 on (fast gate) */
        outb    %al, $0x92
        lgdtl   %cs:(gdtdesc - romstart)
        movl    %cr0, %eax
        andl    $0x9FFFFFFF, %eax        /* caches on */
        orl     $0x1, %eax
        movl    %eax, %cr0
        ljmpl   $0x08, $start32
        .code32
start32:
        movw    $0x10, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    %ax, %fs
        movw    %ax, %gs
        movl    $KSTACK, %esp
        /* Bochs gives host memory to a 128 KiB guest block when it is first touched,
           in the order of the touches, and loads a RAM image straight into the host
           memory behind its first block.  So the blocks of the pack must be touched
           in order before anything else is.                                       */
        movl    $PACK, %esi
        movl    16(%esi), %ecx
        addl    $0x1FFFF, %ecx
        shrl    $17, %ecx
1:      movl    (%esi), %eax
        addl    $0x20000, %esi
        decl    %ecx
        jg      1b
        /* clear the tables */
        xorl    %eax, %eax
        movl    $PML4, %edi
        movl    $(7*4096/4), %ecx
        rep     stosl
        movl    $(PDPT+3), PML4
        movl    $(PD+0x0003), PDPT
        movl    $(PD+0x1003), PDPT+8
        movl    $(PD+0x2003), PDPT+16
        movl    $(PD+0x3003), PDPT+24
        /* 4 GiB identity map, 2 MiB pages */
        movl    $PD, %edi
        movl    $0x83, %eax
        movl    $2048, %ecx
1:      movl    %eax, (%edi)
        addl    $8, %edi
        addl    $0x200000, %eax
        loop    1b
        /* first 2 MiB in 4 KiB pages, page 0 absent: null pointers fault */
        movl    $(PT0+3), PD
        movl    $(PT0+8), %edi
        movl    $0x1003, %eax
        movl    $511, %ecx
1:      movl    %eax, (%edi)
        addl    $8, %edi
        addl    $0x1000, %eax
        loop    1b
        movl    $PML4, %eax
        movl    %eax, %cr3
        movl    %cr4, %eax
        orl     $0x40620, %eax           /* OSXSAVE OSXMMEXCPT OSFXSR PAE */
        movl    %eax, %cr4
        movl    $0xC0000080, %ecx        /* EFER */
        rdmsr
        orl     $0x901, %eax             /* NXE LME SCE */
        wrmsr
        movl    %cr0, %eax
        andl    $0xFFFFFFF3, %eax        /* TS, EM off */
        orl     $0x80010022, %eax        /* PG WP NE MP */
        movl    %eax, %cr0
        ljmpl   $0x18, $start64
        .code64
start64:
        /* XCR0 := everything this CPU model offers */
        movl    $0xD, %eax
        xorl    %ecx, %ecx
        cpuid
        andl    $0x600E7, %eax           /* x87 SSE AVX opmask ZMM_hi hi16 TILECFG TILEDATA */
        xorl    %ecx, %ecx
        xorl    %edx, %edx
        xsetbv
        movl    $KERNEL, %eax
        jmp     *%rax

        .balign 16
gdt:    .quad   0
        .quad   0x00CF9A000000FFFF       /* 08 code32 */
        .quad   0x00CF92000000FFFF       /* 10 data   */
        .quad   0x00AF9A000000FFFF       /* 18 code64 */
        .quad   0x00CF92000000FFFF       /* 20 data (SYSCALL: CS+8) */
gdtdesc:
        .word   . - gdt - 1
        .long   gdt

        .section .reset,"awx"
        .code16
        .byte   0xE9                     /* jmp near start16: wraps inside the 64 KiB */
        .word   0x10000 - 0xFFF3         /* start16 is at offset 0 */

        .fill   13, 1, 0x90
