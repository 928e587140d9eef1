using System.ComponentModel;
using System.Runtime.InteropServices;

namespace MicroGpt;

/// <summary>Replaces a file such that, whatever happens, the old or the new one is there, and whole.</summary>
internal static partial class DurableFile
{
    /// <summary>Writes to a sibling, makes sure that it is on the disk, and gives it the name.</summary>
    /// <remarks>After a crash the sibling, <c>path.part</c>, may be left; the next write takes its place.</remarks>
    /// <exception cref="IOException">The file can't be written; the old one is untouched.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        path = Path.GetFullPath(path);
        var part = path + ".part";
        var stream = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None);
        try
        {
            using (stream)
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(part, path, overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
        FlushDirectory(Path.GetDirectoryName(path)!);
    }

    // The new name is an entry of the directory, which on Unix reaches the disk on its own. .NET opens no directories.
    static void FlushDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // NTFS writes names through its journal
        }
        var directory = Open(path, flags: 0); // O_RDONLY
        if (directory < 0)
        {
            throw Failure();
        }
        try
        {
            // Some file systems know no fsync of a directory and say so: EINVAL is 22 on Linux and on macOS.
            if (Fsync(directory) < 0 && Marshal.GetLastPInvokeError() is not 22)
            {
                throw Failure();
            }
        }
        finally
        {
            _ = Close(directory);
        }

        IOException Failure() => new($"{path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
