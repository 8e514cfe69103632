/* libav_languages.c -- languages of streams, in the form that a container stores. Sources use ISO
 * 639 with two or three letters, in two versions ("deu" and "ger"), and BCP 47 ("pt-BR"). */
#include "libav_codec.h"

#include <libavutil/avstring.h>
#include <ctype.h>
#include <string.h>

/* ISO 639-1, 639-2/T, and 639-2/B where it differs. */
static const char languages[] =
    "aa aar,ab abk,ae ave,af afr,ak aka,am amh,an arg,ar ara,as asm,av ava,ay aym,az aze,"
    "ba bak,be bel,bg bul,bi bis,bm bam,bn ben,bo bod tib,br bre,bs bos,ca cat,ce che,"
    "ch cha,co cos,cr cre,cs ces cze,cu chu,cv chv,cy cym wel,da dan,de deu ger,dv div,"
    "dz dzo,ee ewe,el ell gre,en eng,eo epo,es spa,et est,eu eus baq,fa fas per,ff ful,"
    "fi fin,fj fij,fo fao,fr fra fre,fy fry,ga gle iri,gd gla,gl glg,gn grn,gu guj,"
    "gv glv,ha hau,he heb,hi hin,ho hmo,hr hrv,ht hat,hu hun,hy hye arm,hz her,ia ina,"
    "id ind,ie ile,ig ibo,ii iii,ik ipk,io ido,is isl ice,it ita,iu iku,ja jpn,jv jav,"
    "ka kat geo,kg kon,ki kik,kj kua,kk kaz,kl kal,km khm,kn kan,ko kor,kr kau,ks kas,"
    "ku kur,kv kom,kw cor,ky kir,la lat,lb ltz,lg lug,li lim,ln lin,lo lao,lt lit,lu lub,"
    "lv lav,mg mlg,mh mah,mi mri mao,mk mkd mac,ml mal,mn mon,mr mar,ms msa may,mt mlt,"
    "my mya bur,na nau,nb nob,nd nde,ne nep,ng ndo,nl nld dut,nn nno,no nor,nr nbl,"
    "nv nav,ny nya,oc oci,oj oji,om orm,or ori,os oss,pa pan,pi pli,pl pol,ps pus,pt por,"
    "qu que,rm roh,rn run,ro ron rum,ru rus,rw kin,sa san,sc srd,sd snd,se sme,sg sag,"
    "si sin,sk slk slo,sl slv,sm smo,sn sna,so som,sq sqi alb,sr srp,ss ssw,st sot,"
    "su sun,sv swe sve,sw swa,ta tam,te tel,tg tgk,th tha,ti tir,tk tuk,tl tgl,tn tsn,"
    "to ton,tr tur,ts tso,tt tat,tw twi,ty tah,ug uig,uk ukr,ur urd,uz uzb,ve ven,vi vie,"
    "vo vol,wa wln,wo wol,xh xho,yi yid,yo yor,za zha,zh zho chi,zu zul,";

/* QuickTime numbers its languages; libavformat knows them by these codes. */
static const char quicktime[] =
    "amh,ara,asm,aym,aze,bel,bul,ben,tib,cat,ces,wel,dan,ger,dzo,gre,eng,epo,spa,est,baq,"
    "per,fin,fra,grn,guj,heb,hin,hun,arm,ind,ice,ita,jpn,jav,geo,kaz,khm,kan,kor,kas,kur,"
    "kir,lat,lao,lit,lav,mlg,mac,mal,mon,mar,may,mlt,bur,nep,dut,nor,nya,orm,ori,pol,pus,"
    "por,que,run,ron,rus,kin,san,snd,sin,slk,slv,som,alb,swa,tam,tel,tgk,tha,tir,tuk,tgl,"
    "tur,tat,uig,ukr,urd,uzb,vie,yid,chi,sve,mol,iri,";

enum form { NONE, ANY, THREE_LETTERS, QUICKTIME, WINDOWS };

/* Found by writing and reading with FFmpeg 5.1. */
static enum form form_of(const AVOutputFormat *container, enum AVMediaType type)
{
    if (strcmp(container->name, "mov") == 0)
        return QUICKTIME;
    if (tri_libav_is_mp4(container))
        return THREE_LETTERS;
    if (strcmp(container->name, "mpegts") == 0) /* its tables have a place for sound and text */
        return type == AVMEDIA_TYPE_VIDEO ? NONE : THREE_LETTERS;
    if (av_match_name(container->name, "asf,asf_stream") > 0)
        return WINDOWS;
    return av_match_name(container->name, "matroska,webm,nut,ogg,ogv") > 0 ? ANY : NONE;
}

/* Whether a comma-separated list has the word, of `length` letters. */
static bool has(const char *list, const char *word, size_t length)
{
    for (const char *at = list; at != NULL && *at != '\0';
         at = strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL) {
        if (strncasecmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* The entry that has the code as one of its words; NULL if none. */
static const char *find(const char *code, size_t length)
{
    for (const char *at = languages; *at != '\0'; at = strchr(at, ',') + 1) {
        const size_t size = strcspn(at, ",");
        for (size_t i = 0; i < size; i += strcspn(at + i, " ,") + 1) {
            if (strcspn(at + i, " ,") == length && strncasecmp(at + i, code, length) == 0)
                return at;
        }
    }
    return NULL;
}

/* Copies the entry's 639-2 code, if `list` has it (NULL: any). */
static bool take_code(const char *entry, const char *list, char code[TRI_LANGUAGE])
{
    for (size_t at = 3; at < strcspn(entry, ","); at += 4) {
        if (list == NULL || has(list, entry + at, 3)) {
            snprintf(code, TRI_LANGUAGE, "%.3s", entry + at);
            return true;
        }
    }
    return false;
}

static bool is_three_letters(const char *code)
{
    return strlen(code) == 3 && islower((unsigned char)code[0]) &&
           islower((unsigned char)code[1]) && islower((unsigned char)code[2]);
}

bool tri_libav_fit_language(const AVOutputFormat *container, enum AVMediaType type,
                            const char *language, char fitted[TRI_LANGUAGE])
{
    const enum form form = form_of(container, type);
    const size_t length = strcspn(language, "-_");
    const char *entry = find(language, length);
    snprintf(fitted, TRI_LANGUAGE, "%s", language);
    if (form == ANY || (form == THREE_LETTERS && is_three_letters(language)))
        return true;
    if (form == QUICKTIME && has(quicktime, language, strlen(language)))
        return true;
    if (form == NONE || entry == NULL ||
        !take_code(entry, form == QUICKTIME ? quicktime : NULL, fitted)) {
        fitted[0] = '\0';
        return false;
    }
    return language[length] == '\0';
}
