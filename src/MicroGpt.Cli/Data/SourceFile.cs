using System.Text;

namespace MicroGpt.Cli;

/// <summary>The source file that an export writes. It replaces an earlier export, and nothing else.</summary>
static class SourceFile
{
    const string Mark = ": a small GPT that draws documents like those it was trained on."; // in the first line

    /// <summary>Refuses a path that can't be written, or holds something else.</summary>
    /// <exception cref="IOException">There is no such folder, or it is no place for a file.</exception>
    /// <exception cref="InvalidDataException">There is a file that no export wrote.</exception>
    public static void Require(string option, string path)
    {
        var full = Path.GetFullPath(path);
        if (Directory.Exists(full))
        {
            throw new IOException($"{option}: is a folder");
        }
        if (!Directory.Exists(Path.GetDirectoryName(full)))
        {
            throw new IOException($"{option}: there is no folder {Path.GetDirectoryName(full)}");
        }
        if (FileIdentity.IsDevice(full))
        {
            throw new IOException($"{option}: is a device, which the file would replace");
        }
        foreach (var name in (string[])[full, DraftOf(full)])
        {
            if (File.Exists(name) && !IsOurs(option, name))
            {
                throw new InvalidDataException($"{option}: {(name == full ? "" : name + " ")}exists, and is not an "
                    + "exported model; give another name, or delete it");
            }
        }
    }

    /// <summary>Writes the file beside the earlier one, which it then replaces.</summary>
    /// <exception cref="IOException">It can't be written; an earlier file is unchanged.</exception>
    public static void Write(string option, string path, string text)
    {
        var (target, draft) = (FileIdentity.Real(path), DraftOf(path));
        try
        {
            using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                if (!OperatingSystem.IsWindows() && File.Exists(target))
                {
                    File.SetUnixFileMode(file.SafeFileHandle, File.GetUnixFileMode(target));
                }
                file.Write(Encoding.UTF8.GetBytes(text));
                file.Flush(flushToDisk: true);
            }
            File.Move(draft, target, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(draft);
            throw new IOException($"{option}: can't be written: {InputFile.Why(e)}");
        }
    }

    static string DraftOf(string path) => FileIdentity.Real(path) + ".saving";

    static bool IsOurs(string option, string path)
    {
        try
        {
            // To write, too: it shows whether that is allowed, and does not wait at a pipe.
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
            var start = new byte[1 << 9];
            var length = file.CanSeek ? file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) : -1;
            return length == 0 || (length > 0 && Encoding.UTF8.GetString(start, 0, length).Split('\n')[0]
                .Contains(Mark, StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{option}: exists, but can't be written: {InputFile.Why(e)}");
        }
    }
}
