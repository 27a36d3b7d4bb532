#include "textflag.h"

// func markAVX2(marks []uint64, text string)
TEXT ·markAVX2(SB), NOSPLIT, $0-40
	MOVQ marks_base+0(FP), DI
	MOVQ marks_len+8(FP), CX
	MOVQ text_base+24(FP), SI
	TESTQ CX, CX
	JZ   done
	MOVQ $0x2222222222222222, AX // quotes
	MOVQ AX, X0
	VPBROADCASTQ X0, Y0
	MOVQ $0x5c5c5c5c5c5c5c5c, AX // backslashes
	MOVQ AX, X1
	VPBROADCASTQ X1, Y1
	MOVQ $0x1f1f1f1f1f1f1f1f, AX // the last control character
	MOVQ AX, X2
	VPBROADCASTQ X2, Y2
again:
	VMOVDQU (SI), Y3
	VMOVDQU 32(SI), Y4
	VPCMPEQB Y0, Y3, Y5
	VPCMPEQB Y0, Y4, Y6
	VPCMPEQB Y1, Y3, Y7
	VPCMPEQB Y1, Y4, Y8
	VPMINUB Y2, Y3, Y9  // is the byte itself, if it is not above
	VPMINUB Y2, Y4, Y10
	VPCMPEQB Y3, Y9, Y9
	VPCMPEQB Y4, Y10, Y10
	VPOR Y5, Y7, Y5
	VPOR Y6, Y8, Y6
	VPOR Y5, Y9, Y5
	VPOR Y6, Y10, Y6
	VPMOVMSKB Y5, AX
	VPMOVMSKB Y6, BX
	SHLQ $32, BX
	ORQ  BX, AX
	MOVQ AX, (DI)
	ADDQ $64, SI
	ADDQ $8, DI
	SUBQ $1, CX
	JNZ  again
	VZEROUPPER
done:
	RET
