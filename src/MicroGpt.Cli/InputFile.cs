using System.Runtime.InteropServices;

namespace MicroGpt.Cli;

/// <summary>Files that a person names: read, or refused with a sentence that says which one, and why.</summary>
static class InputFile
{
    /// <summary>The documents of a text file.</summary>
    public static Corpus ReadText(string path, DocumentUnit unit = DocumentUnit.Line, int chunkLength = 1)
    {
        try
        {
            return Corpus.Load(path, unit, chunkLength);
        }
        catch (InvalidDataException) when (Start(path) is [_, _, _, _, 0, 0, 0, 0, (byte)'{', ..]) // docs/checkpoint.md
        {
            throw new InvalidDataException($"{path}: is a model; a text file is needed here, one document on each line");
        }
        catch (InvalidDataException) when (Start(path) is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            throw new InvalidDataException($"{path}: is UTF-16, as some editors of Windows save it; save it as UTF-8");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{path}: {Why(e)}");
        }
    }

    /// <summary>A model.</summary>
    public static Gpt ReadModel(string path)
    {
        try
        {
            return Gpt.Load(path);
        }
        catch (CheckpointException) when (Start(path) is { Length: > 0 } start && !start.Contains((byte)0))
        {
            throw new InvalidDataException(
                $"{path}: is a text file, no model; {CommandLine.Of("train", path)} makes a model of it");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{path}: {Why(e)}");
        }
    }

    /// <summary>What a person should know about a list, if there is something.</summary>
    public static string? Oddity(Corpus corpus, string source) => corpus[0][0] == '\ufeff'
        ? $"{source} begins with a byte order mark, which counts as a character, U+FEFF; save it without"
        : null;

    /// <summary>The reason of the system, without the path, which is known.</summary>
    public static string Why(Exception e) => e switch
    {
        FileNotFoundException => "there is no such file",
        DirectoryNotFoundException => "there is no such folder",
        UnauthorizedAccessException => "permission denied",
        PathTooLongException => "the name is too long",
        IOException { HResult: > 0 and < 200 } => Marshal.GetPInvokeErrorMessage(e.HResult), // Unix: its errno
        _ => e.Message,
    };

    // The first bytes of a file that can be read twice: a pipe would wait for more.
    static byte[] Start(string path)
    {
        try
        {
            var target = File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path);
            using var file = target is FileInfo { Length: > 0 } ? File.OpenRead(path) : null;
            var start = new byte[4096];
            return file is { CanSeek: true }
                ? start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
