using System.Runtime.InteropServices;
using System.Text;

namespace MicroGpt.Cli;

/// <summary>Reads the files named on the command line, or refuses them with a sentence that says why.</summary>
static class InputFile
{
    const int Sample = 1 << 20; // bytes read to guess the kind of a file

    /// <summary>Reads the documents of a text file, or of stdin if the path is -.</summary>
    public static Corpus ReadText(string path, DocumentUnit unit = DocumentUnit.Line, int chunkLength = 1)
    {
        var name = NameOf(path);
        MemoryStream? memory = null;
        try
        {
            memory = ReadOnce(path);
            var corpus = memory == null
                ? Corpus.Load(path, unit, chunkLength) : Corpus.Load(memory, name, unit, chunkLength);
            RequireText(corpus, name, () => Start(path, memory));
            return corpus;
        }
        catch (InvalidDataException e) when (Start(path, memory) is { Length: > 0 } start)
        {
            throw new InvalidDataException(FileKind.NoText(start) is string kind ? $"{name}: {kind}"
                : !e.Message.Contains("UTF-8", StringComparison.Ordinal) ? e.Message
                : start.Length < Sample && FileKind.IsCutOff(start)
                ? $"{e.Message}; the file ends in the middle of a character, so its end is lost"
                : FileKind.Encoding(start) is string encoding
                ? $"{e.Message}; {encoding}" : e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{name}: {Why(e)}");
        }
    }

    /// <summary>Reads the documents of a text file, split like the model's training text.</summary>
    public static Corpus ReadTextFor(Gpt gpt, string path, DocumentUnit? unit = null)
    {
        var reading = gpt.Provenance.Reading;
        return ReadText(path, unit ?? reading.Unit,
            reading.ChunkLength > 0 ? reading.ChunkLength : gpt.Config.BlockSize);
    }

    /// <summary>The part of a text that a model learned from: all of it, all but what was held out, or null.</summary>
    public static Corpus? LearnedBy(Gpt gpt, Corpus corpus)
    {
        var (learned, reading) = (gpt.Provenance.CorpusSha256, gpt.Provenance.Reading);
        if (corpus.Sha256 == learned || reading.ValidationFraction == 0 || corpus.Count == 1)
        {
            return corpus.Sha256 == learned ? corpus : null;
        }
        var part = corpus.Split(reading.ValidationFraction, reading.ValidationSeed).Train;
        return part.Sha256 == learned ? part : null;
    }

    /// <summary>Refuses a text with a character that the model does not know.</summary>
    /// <exception cref="InvalidDataException">It has one; the message names the place.</exception>
    public static void RequireKnown(Gpt gpt, Corpus corpus, string name)
    {
        foreach (var (i, document) in corpus.Index())
        {
            try
            {
                gpt.Tokenizer.Encode(document);
            }
            catch (UnknownCharacterException e)
            {
                throw new InvalidDataException($"{name}: {corpus.PlaceOf(i, e.Position)}: {Wording.Unknown(gpt, e)}");
            }
        }
    }

    /// <summary>What to call a text file.</summary>
    public static string NameOf(string path) => path == "-" ? "stdin" : path;

    /// <summary>Reads a model.</summary>
    public static Gpt ReadModel(string path)
    {
        try
        {
            return Gpt.Load(path);
        }
        catch (CheckpointException) when (Start(path) is { Length: > 0 } start && !IsSafetensors(start))
        {
            throw new InvalidDataException(FileKind.NoText(start) is string kind
                ? $"{path}: {kind.Split(';')[0]}; a model is needed here"
                : start.Contains((byte)0) ? $"{path}: is a binary file, not a model"
                : $"{path}: is a text file, not a model; train one with: {CommandLine.Of("train", path)}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{path}: {Why(e)}");
        }
    }

    /// <summary>A note if the text begins with a byte order mark.</summary>
    public static string? ByteOrderMark(Corpus corpus, string source) => corpus[0][0] == '\ufeff'
        ? $"{source} begins with a byte order mark, which counts as a character, U+FEFF; save it without one"
        : null;

    /// <summary>The system's reason, without the path.</summary>
    public static string Why(Exception e) => e switch
    {
        FileNotFoundException => "there is no such file",
        DirectoryNotFoundException => "there is no such folder",
        UnauthorizedAccessException => "permission denied",
        PathTooLongException => "the name is too long",
        IOException { HResult: > 0 and < 200 } => Marshal.GetPInvokeErrorMessage(e.HResult), // Unix: its errno
        _ => e.Message,
    };

    // Text has no NUL: either programs use it as a separator, or the file is not text.
    static void RequireText(Corpus corpus, string name, Func<byte[]> start)
    {
        foreach (var (i, document) in corpus.Index())
        {
            if (document.IndexOf('\0', StringComparison.Ordinal) is >= 0 and var at)
            {
                var advice = FileKind.NoText(start()) ?? $"{corpus.PlaceOf(i, document[..at].EnumerateRunes().Count())}: "
                    + "NUL (U+0000) does not belong in a text; "
                    + (at == document.Length - 1 ? "tr -d '\\0' removes it" : "tr '\\0' '\\n' makes line ends of it");
                throw new InvalidDataException($"{name}: {advice}");
            }
        }
        if (corpus[0].StartsWith("%PDF-", StringComparison.Ordinal)
            || corpus[0].StartsWith("{\\rtf", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{name}: {FileKind.NoText(Encoding.UTF8.GetBytes(corpus[0]))}");
        }
    }

    // Reads stdin or a pipe into memory, since it can be read only once; null for a file.
    static MemoryStream? ReadOnce(string path)
    {
        if (path != "-" && !File.Exists(path))
        {
            return null;
        }
        if (path == "-" && StandardStream.IsClosed(StandardStream.Input))
        {
            throw new IOException("is closed, but FILE - reads the text from it");
        }
        using var stream = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
        if (stream.CanSeek)
        {
            return null;
        }
        var memory = new MemoryStream();
        try
        {
            stream.CopyTo(memory);
        }
        catch (IOException) when (memory.Length > Array.MaxLength - (1 << 20))
        {
            throw new InvalidDataException(
                $"{NameOf(path)}: has more than {Array.MaxLength:N0} bytes, the limit for a text");
        }
        memory.Position = 0;
        return memory;
    }

    static bool IsSafetensors(byte[] start) => start is [_, _, _, _, 0, 0, 0, 0, (byte)'{', ..];

    // The first bytes of a file; empty if it can be read only once.
    static byte[] Start(string path, MemoryStream? memory = null)
    {
        if (memory != null)
        {
            return memory.GetBuffer()[..(int)Math.Min(memory.Length, Sample)];
        }
        try
        {
            var target = File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path);
            using var file = target is FileInfo { Length: > 0 } ? File.OpenRead(path) : null;
            if (file is not { CanSeek: true })
            {
                return [];
            }
            var start = new byte[Math.Min(file.Length, Sample)];
            return start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
