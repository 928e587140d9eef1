using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace MicroGpt;

/// <summary>Replaces a file atomically: whatever happens, the old or the new file is there, complete.</summary>
/// <remarks>
/// The new file is written to <c>path.saving</c>, flushed to the disk, and then renamed. A crash may leave this draft
/// behind; the next write recognizes and overwrites it. Any other file of that name is left alone, and the write refused.
/// </remarks>
static partial class DurableFile
{
    const string Suffix = ".saving";
    const int Exists = 17, ExistsOnWindows = unchecked((int)0x80070050); // EEXIST, ERROR_FILE_EXISTS

    static int WouldBlock => OperatingSystem.IsMacOS() ? 35 : 11; // EAGAIN

    /// <summary>Writes a file.</summary>
    /// <param name="path">The file, or a symbolic link to it. An existing file's mode is kept.</param>
    /// <param name="isOurs">Whether a file begins like one that <paramref name="write"/> wrote.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The file can't be written; the old file is untouched.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied; the old file is untouched.</exception>
    public static void Write(string path, Func<Stream, bool> isOurs, Action<Stream> write)
    {
        var target = TargetOf(path);
        var draft = target + Suffix;
        var stream = OpenDraft(target, draft, isOurs);
        try
        {
            using (stream)
            {
                write(stream);
                stream.SetLength(stream.Position);
                stream.Flush(flushToDisk: true);
                if (!OperatingSystem.IsWindows())
                {
                    // The lock keeps out other writers until the rename; readers are let in from here on.
                    LetReadersIn(stream);
                    File.Move(draft, target, overwrite: true);
                }
            }
            if (OperatingSystem.IsWindows()) // where an open file can't be renamed
            {
                File.Move(draft, target, overwrite: true);
            }
        }
        catch
        {
            File.Delete(draft);
            throw;
        }
        FlushDirectory(Path.GetDirectoryName(target)!);
    }

    /// <summary>Throws what <see cref="Write"/> would throw before it writes; changes nothing.</summary>
    public static void Verify(string path, Func<Stream, bool> isOurs)
    {
        var target = TargetOf(path);
        var draft = target + Suffix;
        OpenDraft(target, draft, isOurs).Dispose();
        File.Delete(draft);
    }

    // The file behind all symbolic links.
    static string TargetOf(string path)
    {
        path = Path.GetFullPath(path);
        if (new FileInfo(path) is { LinkTarget: not null } link)
        {
            path = link.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        }
        if (Directory.Exists(path))
        {
            throw new IOException($"{path}: is a folder");
        }
        if (File.Exists(path))
        {
            RequireReplaceable(path);
        }
        return path;
    }

    static void RequireReplaceable(string path)
    {
        const UnixFileMode write = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        var isProtected = OperatingSystem.IsWindows()
            ? File.GetAttributes(path).HasFlag(FileAttributes.ReadOnly) : (File.GetUnixFileMode(path) & write) == 0;
        if (isProtected)
        {
            throw new IOException($"{path}: is write-protected");
        }
        // Opening it shows whether it is writable. A pipe or a device would be replaced by the file.
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        if (!file.CanSeek || IsDevice(path))
        {
            throw new IOException($"{path}: is a pipe or a device, not a file");
        }
    }

    // .NET does not report the kind of a file. Linux does, in a structure with one layout on all architectures.
    static bool IsDevice(string path)
    {
        // AT_FDCWD, STATX_TYPE, the place of stx_mode, S_IFMT, S_IFREG
        const int here = -100, type = 1, modeOffset = 28, typeBits = 0xF000, regular = 0x8000;
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }
        Span<byte> status = stackalloc byte[256]; // struct statx
        return Statx(here, path, flags: 0, type, status) == 0
            && (BinaryPrimitives.ReadUInt16LittleEndian(status[modeOffset..]) & typeBits) != regular;
    }

    // A new draft, or one left by a crash, locked against other writers, with the mode of the file it will replace.
    static FileStream OpenDraft(string target, string draft, Func<Stream, bool> isOurs)
    {
        UnixFileMode? mode = !OperatingSystem.IsWindows() && File.Exists(target) ? File.GetUnixFileMode(target) : null;
        FileStream? stream = null;
        while (stream == null)
        {
            try
            {
                stream = Open(draft, FileMode.CreateNew);
            }
            catch (IOException e) when (e.HResult is Exists or ExistsOnWindows)
            {
                stream = OpenLeftover(draft, isOurs); // null: another writer has finished with it meanwhile
            }
        }
        if (!OperatingSystem.IsWindows() && mode is UnixFileMode kept)
        {
            File.SetUnixFileMode(stream.SafeFileHandle, kept);
        }
        return stream;
    }

    static FileStream? OpenLeftover(string draft, Func<Stream, bool> isOurs)
    {
        if (Directory.Exists(draft) || new FileInfo(draft).LinkTarget != null)
        {
            throw Foreign();
        }
        FileStream stream;
        try
        {
            stream = Open(draft, FileMode.Open);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        if (stream.CanSeek && (stream.Length == 0 || isOurs(stream)) && File.Exists(draft))
        {
            stream.Position = 0;
            return stream;
        }
        stream.Dispose();
        return File.Exists(draft) ? throw Foreign() : null;

        IOException Foreign() => new($"{draft}: is in the way: a save writes there first; rename or delete it");
    }

    static FileStream Open(string draft, FileMode mode) => new(draft, mode, FileAccess.ReadWrite, FileShare.None);

    // The new name is a directory entry, which Unix flushes separately. .NET can't open directories.
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
            // Some file systems can't flush a directory and say so: EINVAL, 22 on Linux and on macOS.
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

    // Downgrades .NET's lock on the open file from exclusive (FileShare.None) to shared (FileShare.Read).
    static void LetReadersIn(FileStream stream)
    {
        const int shared = 1, atOnce = 4; // LOCK_SH, LOCK_NB
        if (Flock(stream.SafeFileHandle, shared | atOnce) < 0 && Marshal.GetLastPInvokeError() == WouldBlock)
        {
            throw new IOException($"{stream.Name}: is in use by another process");
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, int mask, Span<byte> status);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
