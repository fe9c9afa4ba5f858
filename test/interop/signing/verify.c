/*
 * Reads signed messages with libopendkim: `verify KEYS FILE...`. KEYS has a name and its TXT record in each line. Prints a
 * line `FILE SELECTOR pass|fail (why)` for each signature.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <dkim.h>

static unsigned char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	unsigned char *octets;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0)
		return NULL;
	*size = (size_t)ftell(file);
	rewind(file);
	octets = malloc(*size + 1);
	if (octets == NULL || fread(octets, 1, *size, file) != *size)
		return NULL;
	octets[*size] = '\0';
	fclose(file);
	return octets;
}

static int verify(DKIM_LIB *lib, const char *path)
{
	DKIM_STAT status;
	DKIM_SIGINFO **signatures;
	size_t size;
	int count;
	unsigned char *message = read_file(path, &size);
	DKIM *dkim = dkim_verify(lib, (const unsigned char *)"test", NULL, &status);

	if (message == NULL || dkim == NULL)
		return 1;
	if (dkim_chunk(dkim, message, size) != DKIM_STAT_OK || dkim_chunk(dkim, NULL, 0) != DKIM_STAT_OK) {
		printf("%s - fail (not read: %s)\n", path, dkim_geterror(dkim));
		return 0;
	}
	status = dkim_eom(dkim, NULL);
	if (dkim_getsiglist(dkim, &signatures, &count) != DKIM_STAT_OK)
		count = 0;
	if (count == 0)
		printf("%s - fail (%s)\n", path, dkim_getresultstr(status));
	for (int i = 0; i < count; i++) {
		bool good;

		dkim_sig_process(dkim, signatures[i]);
		good = (dkim_sig_getflags(signatures[i]) & DKIM_SIGFLAG_PASSED) != 0 && dkim_sig_getbh(signatures[i]) == DKIM_SIGBH_MATCH;
		printf("%s %s %s (%s)\n", path, (char *)dkim_sig_getselector(signatures[i]), good ? "pass" : "fail",
		       dkim_sig_geterrorstr(dkim_sig_geterror(signatures[i])));
	}
	dkim_free(dkim);
	free(message);
	return 0;
}

int main(int argc, char **argv)
{
	dkim_query_t query = DKIM_QUERY_FILE;
	DKIM_LIB *lib = dkim_init(NULL, NULL);
	int failed = 0;

	if (argc < 2 || lib == NULL)
		return 2;
	if (dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_QUERYMETHOD, &query, sizeof query) != DKIM_STAT_OK ||
	    dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_QUERYINFO, argv[1], strlen(argv[1])) != DKIM_STAT_OK)
		return 2;
	printf("%s\n", dkim_libfeature(lib, DKIM_FEATURE_ED25519) ? "Ed25519" : "no Ed25519");
	for (int i = 2; i < argc; i++)
		failed |= verify(lib, argv[i]);
	dkim_close(lib);
	return failed;
}
